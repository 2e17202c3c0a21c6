import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { statusMeanings } from './cli-error.js';
import { createProgram } from './program.js';

/** What `--help` after the command prints. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

function leaves(command: Command): Command[] {
  if (command.commands.length === 0) return [command];
  return command.commands.flatMap(leaves);
}

const program = createProgram({ json: false });
const commands = leaves(program).filter((one) =>
  program
    .createHelp()
    .visibleCommands(one.parent ?? one)
    .includes(one),
);

describe('--help', () => {
  it.each(commands.map((command) => [pathOf(command), command] as const))('of %s', (path, command) => {
    const help = helpOf(command);
    const [, examples = ''] = help.split(/\nExamples?:\n/);
    const lines = examples.split('\n\n')[0]?.split('\n').filter(Boolean) ?? [];
    expect(lines.length).toBeGreaterThan(0);
    // Each example is one of this command, and can be typed as it stands.
    for (const line of lines)
      expect(line).toMatch(new RegExp(`npx holdfast (--\\S+ \\S+ |--json )*${path}( |$|\\))`));
    expect(command.description()).toMatch(/^[a-z].*[^.]$/);
    for (const argument of command.registeredArguments) expect(argument.description).not.toBe('');
    for (const { description } of command.options) expect(description).toMatch(/^[^A-Z].*[^.]$/);
    expect(help).toContain('--as <username>');
  });

  it('of the program tells the exit statuses', () => {
    const help = helpOf(program);
    for (const [status, meaning] of statusMeanings)
      expect(help).toMatch(new RegExp(`^  ${status} +${meaning}$`, 'm'));
  });
});

function pathOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${parent.name()} ${command.name()}` : command.name();
}
