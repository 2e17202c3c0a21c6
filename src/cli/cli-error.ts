export const exitStatus = {
  refused: 1,
  usage: 2,
  unreachable: 3,
  notLoggedIn: 4,
  interrupted: 130,
} as const;

/** Ends the command with one line and a status. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly status: number,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
