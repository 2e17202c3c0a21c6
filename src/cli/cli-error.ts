/** What a command ends with, beside 0 (docs/cli.md). */
export const exitStatus = {
  refused: 1,
  usage: 2,
  unreachable: 3,
  notLoggedIn: 4,
  execFailed: 5,
  interrupted: 130,
} as const;

/** For people, a line each: what `--help` says of them. */
export const statusMeanings: readonly (readonly [number, string])[] = [
  [0, 'done'],
  [exitStatus.refused, 'refused: the reason stands in parentheses'],
  [exitStatus.usage, 'wrong usage, or a wrong configuration'],
  [exitStatus.unreachable, 'no server can be reached, or can do it now'],
  [exitStatus.notLoggedIn, 'not logged in'],
  [exitStatus.execFailed, 'watch --stop-on-failure: the command of --exec failed'],
  [exitStatus.interrupted, 'interrupted'],
];

const reasons: Readonly<Record<number, string>> = {
  [exitStatus.refused]: 'REFUSED',
  [exitStatus.usage]: 'USAGE',
  [exitStatus.unreachable]: 'UNREACHABLE',
  [exitStatus.notLoggedIn]: 'NOT_LOGGED_IN',
  [exitStatus.execFailed]: 'EXEC_FAILED',
  [exitStatus.interrupted]: 'INTERRUPTED',
};

export type CliErrorOptions = {
  readonly cause?: unknown;
  /** For programs: a server's or the client library's; by default one of the status. */
  readonly reason?: string | undefined;
  /** A further line for people, such as what they may have meant. */
  readonly hint?: string | undefined;
  /** The same for programs. */
  readonly details?: object | undefined;
};

/** Ends the command with one line and a status. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** Given one is shown to people in parentheses. */
  readonly reason: string;
  readonly hint: string | undefined;
  readonly details: object | undefined;

  constructor(
    readonly status: number,
    message: string,
    { cause, reason, hint, details }: CliErrorOptions = {},
  ) {
    super(message, { cause });
    this.reason = reason ?? reasons[status] ?? 'REFUSED';
    this.hint = hint;
    this.details = details;
  }
}
