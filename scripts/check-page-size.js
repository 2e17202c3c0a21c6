// The JavaScript that a browser has to get before it can show the first page: the scripts of dist-web/index.html
// and all that they import statically. Ends with status 1 when that is more than the budget.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parseAst } from 'vite';

/** Bytes, compressed with gzip. */
const budget = 150 * 1_024;
const folder = fileURLToPath(new URL('../dist-web/', import.meta.url));

function read(path) {
  return readFileSync(join(folder, path), 'utf8');
}

/** Paths in dist-web of what a script needs before it runs. */
function importsOf(path) {
  const sources = parseAst(read(path)).body.flatMap(({ source }) => (source ? [source.value] : []));
  return sources.map((source) => posix.join(posix.dirname(path), source));
}

function scriptsOf(page) {
  const paths = [...page.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map(([, path]) => path);
  if (paths.length === 0) throw new Error('the page has no script');
  return paths;
}

const sizes = new Map();
const waiting = scriptsOf(read('index.html'));
for (const path of waiting) {
  if (sizes.has(path)) continue;
  sizes.set(path, gzipSync(read(path), { level: 9 }).length);
  waiting.push(...importsOf(path));
}

const kib = (bytes) => `${(bytes / 1_024).toFixed(1)} KiB`;
const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
process.stdout.write(`the first page's JavaScript: ${kib(total)} of ${kib(budget)}, compressed\n`);
if (total > budget) {
  for (const [path, size] of sizes) process.stderr.write(`  ${path}: ${kib(size)}\n`);
  process.stderr.write('check: the first page is too large: load what it does not show with import()\n');
  process.exit(1);
}
