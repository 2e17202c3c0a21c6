import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { StateError } from './state-error.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where clients keep what is theirs and secret: HOLDFAST_HOME, else a folder in the XDG state folder. */
export function stateFolder(env: Environment): string {
  return given(env, 'HOLDFAST_HOME') ?? join(base(env, 'XDG_STATE_HOME', '.local', 'state'), 'holdfast');
}

/** Where clients keep which servers there are: HOLDFAST_HOME, else a folder in the XDG config folder. */
export function configFolder(env: Environment): string {
  return given(env, 'HOLDFAST_HOME') ?? join(base(env, 'XDG_CONFIG_HOME', '.config'), 'holdfast');
}

/** The place in it for what is one account's. Throws StateError when the id could be a path. */
export function accountPath(
  folder: string,
  kind: 'drafts' | 'outbox' | 'streams',
  accountId: string,
): string {
  if (!/^[A-Za-z0-9_-]+$/.test(accountId)) throw new StateError(`${accountId} is no account id`);
  return join(folder, kind, accountId);
}

function base(env: Environment, name: string, ...path: readonly string[]): string {
  return given(env, name) ?? join(homedir() || userInfo().homedir, ...path);
}

/** An empty variable counts as none. */
function given(env: Environment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}
