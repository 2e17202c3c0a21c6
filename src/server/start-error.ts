/** Why the server can't start, in one line. The program ends with status 1. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
