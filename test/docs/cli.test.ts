import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { exitStatus } from '../../src/cli/cli-error.js';
import { allNodes, commandTree } from '../../src/cli/completion/command-tree.js';
import type { CommandNode } from '../../src/cli/completion/command-tree.js';
import { createProgram } from '../../src/cli/program.js';

const root = commandTree(createProgram({ json: false }));
const globals = longOptions(root);
let page = '';

beforeAll(async () => {
  page = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8');
});

/** The rows of the first table below a heading, each its cells. */
function rowsBelow(heading: string): string[][] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const lines = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function longOptions({ options }: CommandNode): string[] {
  return options.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith('--')));
}

/** What is between the first pair of backticks, up to what stands for an argument. */
function pathOf(cell: string): string {
  const words = (/`([^`]+)`/.exec(cell)?.[1] ?? '').split(' ');
  const end = words.findIndex((word) => !/^[a-z-]+$/.test(word));
  return words.slice(0, end < 0 ? undefined : end).join(' ');
}

describe('docs/cli.md', () => {
  it('names every command with every option of its own, and no other', () => {
    const documented = rowsBelow('Commands').map(([command = '', options = '']) => [
      pathOf(command),
      [...options.matchAll(/`(--[a-z-]+)/g)].map(([, option]) => option).sort(),
    ]);
    const leaves = allNodes(root).filter(({ path, children, name }) => {
      return path !== '' && children.length === 0 && name !== 'help';
    });
    const built = leaves.map((node) => [
      node.path,
      longOptions(node)
        .filter((option) => !globals.includes(option))
        .sort(),
    ]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(built));
    expect(documented).toHaveLength(built.length);
  });

  it('names every option of all commands, and no other', () => {
    const documented = rowsBelow('Options for every command').map(
      ([option]) => /--[a-z]+/.exec(option ?? '')?.[0],
    );
    expect(documented.sort()).toEqual([...globals].sort());
  });

  it('names every exit status, and no other', () => {
    const documented = rowsBelow('Exit statuses').map(([status]) => Number(status));
    expect(documented).toEqual([0, ...Object.values(exitStatus)]);
  });

  it('says what every command prints as JSON', () => {
    const [, section = ''] = page.split('\n## JSON\n');
    const told = rowsBelow('JSON')
      .map(([commands = '']) => commands)
      .join(' ');
    expect(section).not.toBe('');
    for (const { path, children, name } of allNodes(root)) {
      if (path === '' || children.length > 0 || name === 'help') continue;
      expect(told).toContain(name);
    }
  });
});
