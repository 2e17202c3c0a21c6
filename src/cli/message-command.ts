import { spawn } from 'node:child_process';
import type { Message } from '../client/types.js';
import { printable } from '../client/printable.js';

export type MessageCommandOptions = {
  /** What /bin/sh runs: the user's own words, into which nothing is put. */
  readonly line: string;
  /** What the command's environment has beside the message's fields. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where its output goes; its errors go to our standard error. */
  readonly output: 'stdout' | 'stderr';
};

/** How a command ended: its exit status, or the signal that ended it. */
export type Ending = { readonly status: number | undefined; readonly signal: string | undefined };

/**
 * A command that is run for a message: its text is on the command's standard input, as it is and without a line
 * end of ours; its fields are in the environment (docs/cli.md). What others have written is never part of what
 * a shell reads.
 */
export class MessageCommand {
  constructor(private readonly options: MessageCommandOptions) {}

  /** Resolves once it has ended. Rejects when it can not be started. */
  async run(message: Message): Promise<Ending> {
    const { line, env, output } = this.options;
    const child = spawn('/bin/sh', ['-c', line], {
      env: { ...env, ...fieldsOf(message) },
      stdio: ['pipe', output === 'stdout' ? 1 : 2, 2],
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, signal) =>
        resolve({ status: status ?? undefined, signal: signal ?? undefined }),
      );
      // A command need not read it.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(message.text);
    });
  }
}

/** Without what an environment can't hold. */
function fieldsOf(message: Message): Record<string, string> {
  return {
    HOLDFAST_SENDER: printable(message.sender),
    HOLDFAST_CONVERSATION: printable(message.conversationId),
    HOLDFAST_SEQ: String(message.seq),
    HOLDFAST_TIME: new Date(message.createTime).toISOString(),
  };
}
