import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { TransferOptions } from '../../server/transfer.js';
import type { Counts } from '../../transfer/export-line.js';
import { TransferError } from '../../transfer/transfer-error.js';
import { CliError, exitStatus } from '../cli-error.js';
import { act, examples } from '../command.js';
import { openTarget } from '../export-target.js';
import { ProgressLine } from '../progress-line.js';
import type { CliSession } from '../session.js';

type NodeOption = { readonly nodeId?: string };

/** Whose data it is. */
type Server = Pick<TransferOptions, 'configPath' | 'nodeId'>;

export function addTransferCommands(program: Command): void {
  program
    .command('export')
    .argument('<file>', 'a new file; - is standard output')
    .argument('[config]', 'the configuration of the server whose data it is; without one the defaults hold')
    .option('--node-id <id>', 'of a cluster: the node that runs on this machine')
    .description("write a server's data to a file: everything but sessions")
    .addHelpText(
      'after',
      '\nA server alone has to be stopped first; of a cluster, the node has to run. Whoever has the file can read' +
        `\nevery message.\n${examples('holdfast export backup.jsonl', 'holdfast export - config.json | gzip > backup.jsonl.gz')}`,
    )
    .action(
      act<NodeOption>(async (session, [file = '', configPath], { nodeId }) =>
        runExport(session, file, { configPath, nodeId }),
      ),
    );

  program
    .command('import')
    .argument('<file>', 'what export has written')
    .argument('[config]', 'the configuration of the server that it is for; without one the defaults hold')
    .option('--node-id <id>', 'of a cluster: the node that runs on this machine')
    .description('bring an exported file into an empty server')
    .addHelpText(
      'after',
      '\nA server alone has to be stopped first; of a cluster, the node has to run. An import that was cut off goes' +
        '\non when the same command is run again. Afterwards everyone logs in again, with the same password.' +
        `\n${examples('holdfast import backup.jsonl config.json', 'holdfast import backup.jsonl config.json --node-id node1')}`,
    )
    .action(
      act<NodeOption>(async (session, [file = '', configPath], { nodeId }) =>
        runImport(session, file, { configPath, nodeId }),
      ),
    );
}

async function runExport(session: CliSession, path: string, server: Server): Promise<void> {
  const target = await openTarget(path);
  try {
    const trailer = await run(session, path, async ({ exportData }, signal, progress) =>
      exportData({
        ...server,
        env: process.env,
        signal,
        write: (text) => target.write(text),
        onProgress: (part) => progress.update('exporting', part),
      }),
    );
    await target.finish();
    const { counts, sha256 } = trailer;
    // Standard output has the data.
    if (path === '-') session.note(`Exported ${describe(counts)}.`);
    else session.print(`Exported ${describe(counts)} to ${path}.`, { exported: path, ...counts, sha256 });
  } catch (error) {
    await target.discard();
    throw error;
  }
}

async function runImport(session: CliSession, path: string, server: Server): Promise<void> {
  const size = await sizeOf(path);
  const outcome = await run(session, path, async ({ importData }, signal, progress) => {
    let label = 'checking';
    async function* open(): AsyncGenerator<Uint8Array> {
      let read = 0;
      try {
        for await (const chunk of createReadStream(path, { signal })) {
          const bytes = chunk as Uint8Array;
          read += bytes.length;
          progress.update(label, Math.min(read / size, 1));
          yield bytes;
        }
      } catch (cause) {
        if (signal.aborted) throw cause;
        throw unreadable(path, cause);
      }
    }
    const onChecked = () => (label = 'importing');
    return importData({ ...server, env: process.env, signal, open, onChecked });
  });
  const { already, resumed, trailer } = outcome;
  const { counts, sha256 } = trailer;
  const sentence = already
    ? `${path} has been imported before: nothing was changed.`
    : `Imported ${describe(counts)}. Everyone has to log in again.`;
  session.print(sentence, { imported: path, already, resumed, ...counts, sha256 });
}

/** Does the work with a progress line, until it is interrupted; makes every failure one line. */
async function run<T>(
  session: CliSession,
  path: string,
  work: (
    server: typeof import('../../server/transfer.js'),
    signal: AbortSignal,
    progress: ProgressLine,
  ) => Promise<T>,
): Promise<T> {
  // Only these commands need to load a store.
  const server = await import('../../server/transfer.js');
  const shown = process.stderr.isTTY && session.options.json !== true;
  const progress = new ProgressLine(process.stderr, shown, () => performance.now());
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await work(server, stop.signal, progress);
  } catch (error) {
    progress.clear();
    if (error instanceof CliError) throw error;
    if (stop.signal.aborted) {
      throw new CliError(exitStatus.interrupted, 'interrupted: run the same command again', { cause: error });
    }
    const status = server.exitStatusOf(error);
    if (status === undefined || !(error instanceof Error)) throw error;
    throw new CliError(status, `${isOfFile(error) ? `${path} ` : ''}${error.message}`, { cause: error });
  } finally {
    progress.clear();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** Whether the message goes on after the name of the file. */
function isOfFile(error: Error): boolean {
  return error instanceof TransferError && ['FOREIGN', 'NEWER', 'TRUNCATED', 'DAMAGED'].includes(error.code);
}

/** Throws CliError unless it is a file, which can be read twice. */
async function sizeOf(path: string): Promise<number> {
  if (path === '-') {
    throw new CliError(
      exitStatus.usage,
      'standard input can not be read twice, as an import does: give a file',
    );
  }
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (!found.isFile()) {
    throw new CliError(exitStatus.refused, `${path} is no file that can be read twice, as an import does`);
  }
  return found.size;
}

function unreadable(path: string, cause: unknown): CliError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CliError(exitStatus.refused, `${path} can not be read: ${reason}`, { cause });
}

function describe({ accounts, conversations, messages }: Counts): string {
  const parts = [
    amount(accounts, 'account'),
    amount(conversations, 'conversation'),
    amount(messages, 'message'),
  ];
  return `${parts.slice(0, 2).join(', ')} and ${parts[2] ?? ''}`;
}

function amount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
