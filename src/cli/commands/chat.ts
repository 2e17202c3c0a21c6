import type { Command } from 'commander';
import { act, examples } from '../command.js';
import { CliError, exitStatus } from '../cli-error.js';

export function addChatCommand(program: Command): void {
  program
    .command('chat')
    .description('talk, in a full-screen client')
    .addHelpText(
      'after',
      `${examples('holdfast chat', 'holdfast --server localhost:8889 chat', 'holdfast --as ben chat')}

F1 shows the keys. docs/terminal.md has more.`,
    )
    .action(
      act(async (session) => {
        const { stdin, stdout, stderr, env } = process;
        if (!stdin.isTTY || !stdout.isTTY || env.TERM === 'dumb') {
          const instead = 'npx holdfast --help shows the commands that need none';
          throw new CliError(exitStatus.usage, `chat needs a terminal that it can draw on: ${instead}`);
        }
        // What draws is loaded only here, for its size; React's checks are for its developers.
        env.NODE_ENV ??= 'production';
        const { runTerminal } = await import('../../terminal/terminal.js');
        const logins = await session.logins();
        process.exitCode = await runTerminal({
          logins,
          input: stdin,
          output: stdout,
          errorOutput: stderr,
          env,
        });
      }),
    );
}
