import type { ClientError } from '../../../src/client/client-error.js';

const unreached = new Set(['UNREACHABLE', 'CONNECTION_LOST']);

/** Why something could not be read; whether it was done or not, as an error says of a change, is of no interest. */
export function readingProblem({ reason, message }: ClientError): string {
  return unreached.has(reason) ? 'No server can be reached now.' : message;
}
