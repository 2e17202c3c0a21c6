import { allNodes } from './command-tree.js';
import type { CommandNode, Kind } from './command-tree.js';

// What the scripts for bash and zsh have in common: both read the same `case` statements.

/** In quotes, for any POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A word that names a kind: choices as `=one two`. */
export function kindWord(kind: Kind): string {
  return typeof kind === 'object' ? `=${kind.join(' ')}` : (kind ?? '');
}

/** Patterns of "path option" for every option that takes a value, each with the kind of it. */
export function valueCases(root: CommandNode): string {
  const lines = allNodes(root).flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ flags, kind }) =>
        flags.map((flag) => `    ${quoted(`${path} ${flag}`)}) kind=${quoted(kindWord(kind))} ;;`),
      ),
  );
  return lines.join('\n');
}

/** A pattern with every path. */
export function pathPattern(root: CommandNode): string {
  return allNodes(root)
    .filter(({ path }) => path !== '')
    .map(({ path }) => quoted(path))
    .join('|');
}

/** How a script asks the program: as whatever it can be started. */
export const askProgram = `if type holdfast >/dev/null 2>&1; then
      holdfast __complete "$kind" -- "\${typed[@]}"
    else
      npx --no-install holdfast __complete "$kind" -- "\${typed[@]}"
    fi </dev/null 2>/dev/null`;
