import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { TransferError } from '../transfer/transfer-error.js';
import { CliError, exitStatus } from './cli-error.js';
import { ProgressLine } from './progress-line.js';
import type { CliSession } from './session.js';

/** A module of functions that work on a server's data. */
type KnowsStatuses = {
  /** How the program ends on an error of these functions; undefined: it is a bug. */
  readonly exitStatusOf: (error: unknown) => number | undefined;
};

/** Does the work with a progress line, until it is interrupted; makes every failure one line. */
export async function runOnFile<T, Server extends KnowsStatuses>(
  session: CliSession,
  path: string,
  load: () => Promise<Server>,
  work: (server: Server, signal: AbortSignal, progress: ProgressLine) => Promise<T>,
): Promise<T> {
  const server = await load();
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

/**
 * A file's bytes; `onRead` is told how many have been read so far. Throws CliError, and what the signal's abortion throws.
 */
export async function* readFile(
  path: string,
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  try {
    for await (const chunk of createReadStream(path, { signal })) {
      const bytes = chunk as Uint8Array;
      read += bytes.length;
      onRead(read);
      yield bytes;
    }
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw unreadable(path, cause);
  }
}

/** Throws CliError unless it is a file, which can be read twice. */
export async function sizeOf(path: string): Promise<number> {
  if (path === '-') {
    throw new CliError(
      exitStatus.usage,
      'standard input can not be read twice, as this command does: give a file',
    );
  }
  const found = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (!found.isFile()) {
    throw new CliError(exitStatus.refused, `${path} is no file that can be read twice, as this command does`);
  }
  return found.size;
}

function unreadable(path: string, cause: unknown): CliError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CliError(exitStatus.refused, `${path} can not be read: ${reason}`, { cause });
}

/** Such as "1 account" or "2,000 messages". */
export function amount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
