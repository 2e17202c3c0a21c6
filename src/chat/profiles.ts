import type { Check, Store } from '../kv/store.js';
import { ChatError } from './chat-error.js';
import { keys } from './keys.js';
import { readRecord } from './optimistic.js';
import type { Stored } from './optimistic.js';
import { records } from './records.js';
import type { AccountRecord, ProfileRecord } from './records.js';
import { foldUsername } from './username.js';

/** The active account of a folded username. */
export async function findAccount(store: Store, folded: string): Promise<Stored<AccountRecord> | undefined> {
  const account = await readRecord(store, keys.account(folded), records.account);
  return account?.record.state === 'active' ? account : undefined;
}

/** The profile of an account that is active. */
export async function findProfile(
  store: Store,
  accountId: string,
): Promise<Stored<ProfileRecord> | undefined> {
  const profile = await readRecord(store, keys.profile(accountId), records.profile);
  return profile?.record.state === 'active' ? profile : undefined;
}

/** The caller's own profile. Throws SESSION_ENDED when the account is gone. */
export async function callerProfile(store: Store, accountId: string): Promise<Stored<ProfileRecord>> {
  const profile = await findProfile(store, accountId);
  if (!profile) throw new ChatError('SESSION_ENDED');
  return profile;
}

/** Holds while the account takes additions to its partition. */
export function profileCheck(accountId: string, profile: Stored<ProfileRecord>): Check {
  return { key: keys.profile(accountId), revision: profile.revision };
}

/** The caller's own account. Throws SESSION_ENDED when it is gone. */
export async function callerAccount(
  store: Store,
  accountId: string,
): Promise<{ folded: string; account: Stored<AccountRecord> }> {
  const profile = await callerProfile(store, accountId);
  const folded = foldUsername(profile.record.username);
  const account = await findAccount(store, folded);
  if (account?.record.id !== accountId) throw new ChatError('SESSION_ENDED');
  return { folded, account };
}
