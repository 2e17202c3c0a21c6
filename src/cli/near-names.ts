import type { ChatClient } from '../client/chat-client.js';
import { editDistance } from './edit-distance.js';

const patience = 1_500;
const most = 3;

/**
 * Usernames that somebody may have meant who typed this one: from the conversations, and from two wildcard
 * queries of one page. A name with one mistake in it begins or ends like the right one. Never throws.
 */
export async function nearNames(client: ChatClient, typed: string): Promise<readonly string[]> {
  const name = typed.toLowerCase();
  // What can't be a username can't be near one.
  if (!/^[a-z0-9._-]{1,40}$/.test(name)) return [];
  const half = Math.max(1, Math.floor((name.length - 1) / 2));
  const signal = AbortSignal.timeout(patience);
  const options = { signal, patience: 0 };
  const match = async (pattern: string) => {
    const { items } = await client.listAccounts({ pattern, pageSize: 200 }, options);
    return items.map(({ username }) => username);
  };
  const known = async () => {
    const { items } = await client.listConversations({ pageSize: 200 }, options);
    return items.map(({ title }) => title).filter((title) => title !== '');
  };
  const asked = [known(), match(`${name.slice(0, half)}*`), match(`*${name.slice(-half)}`)];
  const found = (await Promise.allSettled(asked)).flatMap((one) =>
    one.status === 'fulfilled' ? one.value : [],
  );
  return nearest(name, found);
}

/** The closest ones, the closest first. */
export function nearest(typed: string, names: readonly string[]): readonly string[] {
  const name = typed.toLowerCase();
  const limit = name.length <= 4 ? 1 : name.length <= 8 ? 2 : 3;
  return [...new Set(names)]
    .map((one) => ({ one, distance: editDistance(name, one.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.one < b.one ? -1 : 1))
    .slice(0, most)
    .map(({ one }) => one);
}
