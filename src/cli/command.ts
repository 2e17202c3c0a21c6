import { CommanderError } from 'commander';
import type { Command } from 'commander';
import { ClientError } from '../client/client-error.js';
import { StateError } from '../client-node/state-error.js';
import { CliError, exitStatus } from './cli-error.js';
import { printable } from '../client/printable.js';
import { CliSession } from './session.js';
import type { GlobalOptions } from './session.js';

/** What a command does, given its session, its arguments and its own options. */
export type Action<Options extends object> = (
  session: CliSession,
  args: readonly string[],
  options: Options,
) => Promise<void>;

/** Runs an action with a session that is closed after it. */
export function act<Options extends object>(action: Action<Options>) {
  return async (...received: unknown[]): Promise<void> => {
    const command = received.at(-1) as Command;
    const session = new CliSession(command.optsWithGlobals<GlobalOptions>(), process.env);
    try {
      await action(session, command.processedArgs.flat() as string[], command.opts<Options>());
    } finally {
      await session.close();
    }
  };
}

/** Says what went wrong in one line and returns the exit status. */
export function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitStatus.usage;
  if (error instanceof CliError || error instanceof StateError) {
    process.stderr.write(`holdfast: ${printable(error.message)}\n`);
    return error instanceof CliError ? error.status : exitStatus.refused;
  }
  if (error instanceof ClientError) {
    process.stderr.write(`holdfast: ${printable(error.message)} (${error.reason})\n`);
    if (error.sessionOver) return exitStatus.notLoggedIn;
    return error.worthRepeating ? exitStatus.unreachable : exitStatus.refused;
  }
  throw error;
}
