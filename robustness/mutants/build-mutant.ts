import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './mutants.js';

/**
 * Makes a copy of the compiled program with the mutant's edits, and returns the path of the copy's bin/holdfast.js. Throws
 * when an edit does not apply to exactly one place: then the program has changed, and the mutant has to follow.
 */
export function buildMutant(mutant: Mutant, root: string): string {
  const folder = join(root, '.setup', 'mutants', mutant.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const part of ['bin', 'dist', 'dist-web', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  for (const { file, find, replace } of mutant.edits) {
    const path = join(folder, 'dist', file);
    const text = readFileSync(path, 'utf8');
    const places = text.split(find).length - 1;
    if (places !== 1) throw new Error(`mutant ${mutant.name}: ${places} places in ${file} are: ${find}`);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  const bundler = join(root, 'scripts', 'bundle-program.js');
  const { status, stderr } = spawnSync(process.execPath, [bundler, join(folder, 'dist')], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`mutant ${mutant.name} could not be put together: ${stderr}`);
  return join(folder, 'bin', 'holdfast.js');
}
