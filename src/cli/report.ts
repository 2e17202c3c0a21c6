import { CommanderError } from 'commander';
import { ClientError } from '../client/client-error.js';
import { StateError } from '../client-node/state-error.js';
import { CliError, exitStatus } from './cli-error.js';
import { jsonLine } from './json-line.js';
import { printable } from '../client/printable.js';

/** Says what went wrong on standard error, in one line or as one object; returns the exit status. */
export function report(error: unknown, json: boolean): number {
  // What is asked for, such as --help, ends a command too.
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  // It has told people itself.
  if (error instanceof CommanderError && !json) return exitStatus.usage;
  const known = asCliError(error);
  if (!known) throw error;
  process.stderr.write(json ? `${jsonLine(errorJson(known))}\n` : errorText(known));
  return known.status;
}

/** Where the server's words name calls of the API: what they are here. */
const ownWords: Readonly<Record<string, string>> = {
  CONVERSATION_NOT_FOUND:
    'You are in no conversation with this id: holdfast conversations --json shows them.',
  CONVERSATION_ID_MISSING:
    'Give the id of a conversation after id: as holdfast conversations --json shows it.',
  SESSION_ID_INVALID: 'This is not the id of a session: holdfast sessions shows them.',
  SESSION_ID_MISSING: 'Give the id of a session, as holdfast sessions shows it.',
};

/** Undefined for what is a flaw of the program. */
export function asCliError(error: unknown): CliError | undefined {
  if (error instanceof CliError) return error;
  if (error instanceof StateError) {
    return new CliError(exitStatus.refused, error.message, { cause: error, reason: 'STATE_UNUSABLE' });
  }
  if (error instanceof ClientError) {
    const { reason } = error;
    const message = ownWords[reason] ?? error.message;
    return new CliError(statusOf(error), `${message} (${reason})`, { cause: error, reason });
  }
  return error instanceof CommanderError ? usageError(error) : undefined;
}

function statusOf(error: ClientError): number {
  if (error.sessionOver) return exitStatus.notLoggedIn;
  return error.worthRepeating ? exitStatus.unreachable : exitStatus.refused;
}

function usageError(error: CommanderError): CliError {
  if (error.code === 'commander.help') {
    return new CliError(exitStatus.usage, 'this command needs another word: --help shows which');
  }
  const [message = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  const meant = /Did you mean (?:one of )?(.+)\?/.exec(more.join('\n'))?.[1];
  const details = meant === undefined ? undefined : { suggestions: meant.split(', ') };
  return new CliError(exitStatus.usage, message, { cause: error, details });
}

function errorText({ message, hint }: CliError): string {
  return `holdfast: ${printable(message)}\n${hint === undefined ? '' : `${printable(hint)}\n`}`;
}

function errorJson({ reason, message, status, details }: CliError): object {
  // The reason has a field of its own.
  const sentence = message.replace(` (${reason})`, '');
  return { error: reason, message: sentence, exit_status: status, ...details };
}
