// Builds the page that the server serves: web/ into dist-web/, each file compressed here once instead of at
// every request.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What is already compressed gains nothing. */
const compressible = ['.html', '.js', '.css', '.svg', '.json', '.webmanifest', '.txt', '.map', '.ico'];

/** Throws an error that says what was wrong; then there is no dist-web. */
export function buildWeb() {
  const folder = join(root, 'dist-web');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = [vite, 'build', 'web', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'];
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: 'pipe', encoding: 'utf8' });
  if (result.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`${result.stdout}${result.stderr}${result.error ?? ''}`.trim());
  }
  for (const name of readdirSync(folder, { recursive: true })) {
    if (compressible.includes(extname(String(name)))) compress(join(folder, String(name)));
  }
}

/** Leaves out what would not be smaller. */
function compress(path) {
  const bytes = readFileSync(path);
  const brotli = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  const gzip = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  if (brotli.length < bytes.length) writeFileSync(`${path}.br`, brotli);
  if (gzip.length < bytes.length) writeFileSync(`${path}.gz`, gzip);
}
