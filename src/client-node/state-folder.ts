import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { StateError } from './state-error.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where clients keep what is theirs: HOLDFAST_HOME, else a folder in the XDG state folder. */
export function stateFolder(env: Environment): string {
  // An empty variable counts as none.
  const given = (name: string) => (env[name] === '' ? undefined : env[name]);
  const state = given('XDG_STATE_HOME') ?? join(homedir() || userInfo().homedir, '.local', 'state');
  return given('HOLDFAST_HOME') ?? join(state, 'holdfast');
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
