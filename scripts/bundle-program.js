// Joins what is compiled, and the libraries that consist of many small files, into a few files: the program starts in
// half the time (docs/decisions/program.md).
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** Packages that become part of the program; all others are loaded from node_modules. */
const joined = /^(commander|zod|@connectrpc\/|@bufbuild\/)/;

/** Makes `dist/program` of `dist`, which is at `folder`. */
export async function bundleProgram(folder) {
  const bundle = await rolldown({
    input: join(folder, 'cli', 'main.js'),
    platform: 'node',
    external: (id) => !/^[./]/.test(id) && !joined.test(id),
  });
  // As deep as the files that it is made of: they look for others beside `dist`.
  await bundle.write({ dir: join(folder, 'program'), format: 'esm', sourcemap: true, cleanDir: true });
  await bundle.close();
}

if (process.argv[1] === import.meta.filename) await bundleProgram(process.argv[2]);
