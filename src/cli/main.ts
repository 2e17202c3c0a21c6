import { Command } from 'commander';
import { report } from './command.js';
import { addAccountCommands } from './commands/account.js';
import { addChatCommand } from './commands/chat.js';
import { addClusterCommand } from './commands/cluster.js';
import { addMessageCommands } from './commands/message.js';
import { addOutboxCommand } from './commands/outbox.js';
import { addNodeCommands } from './commands/node.js';
import { addServeCommand } from './commands/serve.js';
import { addSessionCommands } from './commands/session.js';
import { addStatusCommand } from './commands/status.js';
import { addTransferCommands } from './commands/transfer.js';
import { addWatchCommand } from './commands/watch.js';

function append(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** Runs the command line. Returns the exit status (docs/cli.md). */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('holdfast')
    .description('chat that holds when machines fail')
    .option('--server <host:port>', 'a server; may be given several times', append)
    .option('--as <username>', 'act as this user, who has logged in here')
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      '\nExit status: 0 done, 1 refused, 2 wrong usage, 3 no server reachable, 4 not logged in.',
    )
    .showHelpAfterError('(npx holdfast --help shows how)')
    .exitOverride();
  addServeCommand(program);
  addChatCommand(program);
  addClusterCommand(program);
  addNodeCommands(program);
  addStatusCommand(program);
  addTransferCommands(program);
  addAccountCommands(program);
  addSessionCommands(program);
  addMessageCommands(program);
  addWatchCommand(program);
  addOutboxCommand(program);
  overrideExit(program);
  // A reader that has seen enough, such as head, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  try {
    await program.parseAsync(argv);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return report(error);
  }
}

function overrideExit(command: Command): void {
  for (const child of command.commands) {
    child.exitOverride().showHelpAfterError('(add --help to see how)');
    overrideExit(child);
  }
}
