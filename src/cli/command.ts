import type { Command } from 'commander';
import { explain } from './explain.js';
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
    const args = command.processedArgs.flat() as string[];
    try {
      await action(session, args, command.opts<Options>());
      await session.learnServers();
    } catch (error) {
      throw await explain(error, session, args[0]);
    } finally {
      await session.close();
    }
  };
}

/** Whether what a command says is for programs. */
export function wantsJson(command: Command): boolean {
  return command.optsWithGlobals<GlobalOptions>().json === true;
}

/** Shows how a command is used. Lines begin with `holdfast`, or with what its input comes from. */
export function examples(...lines: readonly string[]): string {
  const shown = lines.map((line) => `  ${line.replace(/(^|[|'(] ?)holdfast /g, '$1npx holdfast ')}`);
  return `\nExample${lines.length === 1 ? '' : 's'}:\n${shown.join('\n')}`;
}
