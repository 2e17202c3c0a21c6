import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where a shell is: on PATH, or where `npm test` puts it. Throws when it is nowhere. */
export function shellProgram(name: 'bash' | 'zsh' | 'fish'): string {
  const folders = [...(process.env.PATH ?? '').split(':'), join(root, '.setup', name, 'bin')];
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found === undefined) throw new Error(`${name} is missing: npm test fetches it`);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
