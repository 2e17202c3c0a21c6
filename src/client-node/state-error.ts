/** What is kept on this machine can't be read or written; one line that names the file. */
export class StateError extends Error {
  override readonly name = 'StateError';
}
