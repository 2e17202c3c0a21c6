// `npm run bench:list`: what a page costs among 1,000,000 messages or accounts, against one among 1,000, on the
// domain without a transport (which would hide a difference). Takes some minutes and about 2 GB of disk.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUp } from '../scripts/setup.js';

setUp();
const { createChat } = await import('../dist/chat/create-chat.js');
const { LmdbStore } = await import('../dist/kv-lmdb/lmdb-store.js');

const many = Number(process.env.MANY ?? 1_000_000);
const password = 'correct horse';
// Accounts are made by the domain itself, without the price of a real password.
const hasher = {
  hash: (text) => Promise.resolve(`plain ${text}`),
  verify: (stored, text) => Promise.resolve(stored === `plain ${text}`),
};
const silent = { warn: () => undefined, error: () => undefined };

async function inTurns(count, act) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const number = next;
      next += 1;
      await act(number);
    }
  };
  await Promise.all(Array.from({ length: 512 }, worker));
}

async function open(accounts, messages) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const store = await LmdbStore.open({ folder });
  const random = (count) => randomBytes(count);
  const chat = createChat({ store, hasher, now: Date.now, random, logger: silent });
  await chat.start();
  const login = async (username) => {
    await chat.accounts.create({ username, password });
    const { token } = await chat.sessions.login({ username, password, deviceName: '' });
    return chat.sessions.authenticate(token);
  };
  const caller = await login('reader');
  // Spread over the alphabet.
  const nameOf = (number) => `${((number * 7_919) % accounts).toString(36)}-${number}`;
  await inTurns(accounts, (number) => chat.accounts.create({ username: nameOf(number), password }));
  const friends = Array.from({ length: 20 }, (_, number) => nameOf(number));
  await inTurns(messages, (number) =>
    chat.messages.send(caller, {
      target: { username: friends[number % 20] },
      text: 'a message of a common length, as people write them to each other',
      clientMessageId: `m${number}`,
      knownSeq: undefined,
    }),
  );
  const close = async () => {
    await chat.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { chat, caller, friends, close };
}

/** Milliseconds of the middle one of many calls. */
async function median(act, calls = 400) {
  for (let i = 0; i < 50; i += 1) await act();
  const times = [];
  for (let i = 0; i < calls; i += 1) {
    const begin = performance.now();
    await act();
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[calls >> 1];
}

async function measure({ chat, caller, friends }) {
  const first = { pageSize: 50, pageToken: '' };
  const target = { username: friends[0] };
  const messages = { ...first, target, beforeSeq: undefined, afterSeq: undefined };
  // Pages in the middle too: the second page of each list.
  const second = async (list, request) => ({ ...request, pageToken: (await list(request)).nextPageToken });
  const listMessages = (request) => chat.messages.list(caller, request);
  const listAccounts = (request) => chat.accounts.list(request);
  const all = { ...first, pattern: '*' };
  return {
    'ListMessages, newest page': await median(() => listMessages(messages)),
    'ListMessages, oldest page': await median(() => listMessages({ ...messages, afterSeq: 0 })),
    ListConversations: await median(() => chat.conversations.list(caller, first)),
    'ListAccounts, first page': await median(() => listAccounts(all)),
    'ListAccounts, second page': await second(listAccounts, all).then((next) =>
      median(() => listAccounts(next)),
    ),
  };
}

const small = await open(1_000, 1_000 * 20);
const smallTimes = await measure({ ...small });
await small.close();
console.log(`filling with ${many} accounts and ${many} messages …`);
const big = await open(many, many);
try {
  const bigTimes = await measure(big);
  for (const [name, time] of Object.entries(bigTimes)) {
    const ratio = time / smallTimes[name];
    console.log(
      `${name}: ${smallTimes[name].toFixed(3)} ms, among many ${time.toFixed(3)} ms: ${ratio.toFixed(2)} times`,
    );
  }
  for (const pattern of ['*7*', '*-99', '*nobody*']) {
    const begin = performance.now();
    const page = await big.chat.accounts.list({ pattern, pageSize: 50, pageToken: '' });
    const time = (performance.now() - begin).toFixed(1);
    console.log(`ListAccounts ${pattern}: first page, ${page.items.length} accounts, in ${time} ms`);
  }
} finally {
  await big.close();
}
