import { CliError, exitStatus } from './cli-error.js';
import { nearNames } from './near-names.js';
import { asCliError } from './report.js';
import type { CliSession } from './session.js';

/** The same error, with what helps to get over it. `name`: the first argument of the command. */
export async function explain(
  error: unknown,
  session: CliSession,
  name: string | undefined,
): Promise<unknown> {
  const known = asCliError(error);
  if (!known) return error;
  if (known.reason === 'ACCOUNT_NOT_FOUND' && name !== undefined && !name.startsWith('id:')) {
    const names = session.client ? await nearNames(session.client, name) : [];
    if (names.length > 0) return withNames(known, names);
  }
  if (known.reason === 'CONNECTION_LOST') {
    for (const server of session.triedServers) {
      if (!(await isWebPort(server))) continue;
      const message = `${server} is the web port of a server: name its gRPC port, 8888 unless it is configured`;
      return new CliError(exitStatus.unreachable, message, { cause: known, details: { servers: [server] } });
    }
  }
  if (known.reason === 'UNREACHABLE' && known.hint === undefined) {
    const tried = session.triedServers;
    if (tried.length > 0) {
      return extended(known, `Tried ${tried.join(', ')}. --server HOST:PORT names another one.`, {
        servers: tried,
      });
    }
  }
  return known;
}

/** People name the address that they know from their browser. */
async function isWebPort(server: string): Promise<boolean> {
  try {
    const answer = await fetch(`http://${server}/healthz`, { signal: AbortSignal.timeout(1_000) });
    return answer.ok;
  } catch {
    return false;
  }
}

function withNames(error: CliError, names: readonly string[]): CliError {
  const last = names.at(-1) ?? '';
  const list = names.length === 1 ? last : `${names.slice(0, -1).join(', ')} or ${last}`;
  return extended(error, `Did you mean ${list}?`, { suggestions: names });
}

function extended(error: CliError, hint: string, details: object): CliError {
  const { status, message, reason, cause } = error;
  return new CliError(status, message, { cause, reason, hint, details: { ...error.details, ...details } });
}
