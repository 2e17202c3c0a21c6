import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Chat } from '../../src/chat/chat.js';
import { keys } from '../../src/chat/keys.js';
import { checkStore } from '../testkit/check-store.js';
import { password, startChat } from '../testkit/test-chat.js';

const minute = 60_000;
const day = 24 * 60 * minute;

/** What a login from a place ends with; with the milliseconds to wait. */
async function attempt(chat: Chat, place: string, given = 'wrong password', username = 'ann') {
  try {
    await chat.sessions.login({ username, password: given, deviceName: '', place });
    return 'logged in';
  } catch (error) {
    const { reason, retryDelay } = error as { reason?: string; retryDelay?: number };
    return retryDelay === undefined ? reason : `${reason} ${retryDelay}`;
  }
}

async function attempts(chat: Chat, count: number, place: string): Promise<void> {
  for (let i = 0; i < count; i += 1) expect(await attempt(chat, place)).toBe('CREDENTIALS_WRONG');
}

/** Two nodes on one store and one clock; ann has an account. */
async function twoNodes() {
  const first = await startChat();
  const { clock, store } = first;
  const second = await startChat({ store, clock });
  await first.chat.accounts.create({ username: 'ann', password });
  return { nodes: [first.chat, second.chat] as const, clock, store };
}

it('makes one who guesses wait longer each time, on whichever node, and forgets it after a day', async () => {
  const { nodes, clock } = await twoNodes();
  const [first, second] = nodes;
  await attempts(first, 5, 'elsewhere');
  for (let wait = 1_000, i = 0; i < 12; i += 1, wait = Math.min(2 * wait, 15 * minute)) {
    const node = nodes[i % 2] ?? first;
    expect(await attempt(node, 'elsewhere')).toBe(`LOGIN_DELAYED ${wait}`);
    clock.now += wait - 1;
    // Not looked at: the right one gains nothing either.
    expect(await attempt(node, 'elsewhere', password)).toBe('LOGIN_DELAYED 1');
    clock.now += 1;
    await attempts(node, 1, 'elsewhere');
  }
  clock.now += day;
  await attempts(second, 4, 'elsewhere');
});

it('lets the owner in from elsewhere meanwhile, and again from there once the wait is over', async () => {
  const { nodes, clock } = await twoNodes();
  const [chat] = nodes;
  await attempts(chat, 6 - 1, 'stranger');
  expect(await attempt(chat, 'home', password)).toBe('logged in');
  clock.now += 1_000;
  expect(await attempt(chat, 'stranger', password)).toBe('logged in');
  // Known by now, and what was wrong before is forgotten.
  await attempts(chat, 5, 'stranger');
});

it('slows down strangers of many places together, and never who is where the owner has been', async () => {
  const { nodes, clock } = await twoNodes();
  const [chat, other] = nodes;
  expect(await attempt(chat, 'home', password)).toBe('logged in');
  for (let i = 0; i < 100; i += 1) await attempts(nodes[i % 2] ?? chat, 1, `bot ${i}`);
  expect(await attempt(other, 'one more')).toBe(`LOGIN_DELAYED ${minute}`);
  expect(await attempt(other, 'home', password)).toBe('logged in');
  clock.now += minute;
  // One of all that ask at once.
  const asked = await Promise.all(Array.from({ length: 20 }, (_, i) => attempt(chat, `later bot ${i}`)));
  expect(asked.filter((outcome) => outcome === 'CREDENTIALS_WRONG')).toHaveLength(1);
  expect(await attempt(other, 'home', password)).toBe('logged in');
});

it('counts passwords that are tried at once one by one', async () => {
  const { nodes, clock } = await twoNodes();
  const asked = await Promise.all(Array.from({ length: 20 }, () => attempt(nodes[0], 'elsewhere')));
  expect(asked.filter((outcome) => outcome === 'CREDENTIALS_WRONG')).toHaveLength(5);
  clock.now += 1_000;
  expect(await attempt(nodes[1], 'elsewhere', password)).toBe('logged in');
});

it('slows down guessing with a session as well, without disturbing logins', async () => {
  const { chat, join, clock } = await startChat();
  const ann = await join('ann');
  const change = { oldPassword: 'a wrong one', newPassword: 'another one' };
  const refusal = (reason: string) => expect.objectContaining({ reason }) as unknown;
  for (let i = 0; i < 5; i += 1) {
    await expect(chat.accounts.changePassword(ann, change)).rejects.toEqual(refusal('PASSWORD_WRONG'));
  }
  await expect(chat.accounts.delete(ann, { password })).rejects.toEqual(refusal('LOGIN_DELAYED'));
  await expect(chat.accounts.changePassword(ann, change)).rejects.toEqual(refusal('LOGIN_DELAYED'));
  expect(await attempt(chat, 'elsewhere', password)).toBe('logged in');
  clock.now += 1_000;
  await chat.accounts.delete(ann, { password });
});

it('slows down names without an account alike, and stores nothing of them', async () => {
  const { chat, store } = await startChat();
  const { revision } = await store.read([]);
  for (let i = 0; i < 5; i += 1) {
    expect(await attempt(chat, 'elsewhere', 'a guess', 'nobody')).toBe('CREDENTIALS_WRONG');
  }
  expect(await attempt(chat, 'elsewhere', 'a guess', 'nobody')).toBe('LOGIN_DELAYED 1000');
  expect((await store.read([])).revision).toBe(revision);
});

it('does not make anybody wait for a clock that is ahead', async () => {
  const { nodes, clock } = await twoNodes();
  await attempts(nodes[0], 5, 'elsewhere');
  clock.now -= 5 * 60 * minute;
  expect(await attempt(nodes[1], 'elsewhere', password)).toBe('logged in');
});

it('keeps little, names no place, and leaves nothing of an account that was deleted', async () => {
  const { chat, store, join, clock } = await startChat();
  const ann = await join('ann');
  for (let i = 0; i < 60; i += 1) await attempts(chat, 1, `192.0.2.${i}`);
  const [entries = []] = (await store.read([{ key: keys.logins(ann.accountId) }])).results;
  const value = Buffer.from(entries[0]?.value ?? randomBytes(9_999));
  expect(value.length).toBeLessThan(1_500);
  expect(value.includes('192.0.2')).toBe(false);
  clock.now += minute;
  await chat.accounts.delete(ann, { password });
  expect(await checkStore(store)).toEqual([]);
});
