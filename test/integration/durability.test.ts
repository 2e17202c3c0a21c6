import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { connect, join, login } from '../testkit/api-client.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

it('keeps every acknowledged message, once and in order, when it is killed while people send', async () => {
  const folder = await temporaryFolder();
  const acknowledged = new Map<string, bigint>();
  let unacknowledged = 0;
  for (let round = 0; round < 3; round += 1) {
    const server = await ServerProcess.start(folder);
    const client = connect(server.address);
    const names = ['ann', 'ben', 'cat'];
    const callers = round === 0 ? await Promise.all(names.map((name) => join(client, name))) : [];
    if (round > 0) for (const name of names) callers.push(await login(client, name));
    const before = acknowledged.size;
    const sending = callers.flatMap((caller, c) =>
      Array.from({ length: 8 }, async (_, worker) => {
        for (let i = 0; ; i += 1) {
          const text = `${round}.${c}.${worker}.${i}`;
          const target = { case: 'username' as const, value: names[(c + 1) % 3] ?? '' };
          try {
            const reply = await client.messages.sendMessage({ target, text, clientMessageId: text }, caller);
            acknowledged.set(`${reply.message?.conversationId} ${text}`, reply.message?.seq ?? 0n);
          } catch {
            unacknowledged += 1;
            return;
          }
        }
      }),
    );
    await eventually('people have sent', () => acknowledged.size > before + 300);
    await server.kill();
    await Promise.all(sending);
  }
  // The kills came while sends were on their way.
  expect(unacknowledged).toBe(3 * 3 * 8);
  const server = await ServerProcess.start(folder);
  const client = connect(server.address);
  const stored = new Map<string, bigint>();
  const caller = [await login(client, 'ann'), await login(client, 'ben')];
  const seen = new Set<string>();
  for (const options of caller) {
    const { conversations } = await client.conversations.listConversations({}, options);
    for (const { id, headSeq } of conversations) {
      if (seen.has(id)) continue;
      seen.add(id);
      let expected = 1n;
      const target = { case: 'conversationId' as const, value: id };
      for (let pageToken = ''; ;) {
        const page = { target, pageToken, pageSize: 200, afterSeq: 0n };
        const reply = await client.messages.listMessages(page, options);
        for (const { seq, text } of reply.messages) {
          expect(seq).toBe(expected);
          expected += 1n;
          expect(stored.has(`${id} ${text}`)).toBe(false);
          stored.set(`${id} ${text}`, seq);
        }
        pageToken = reply.nextPageToken;
        if (pageToken === '') break;
      }
      expect(expected - 1n).toBe(headSeq);
    }
  }
  expect(seen.size).toBe(3);
  for (const [name, seq] of acknowledged) expect(stored.get(name)).toBe(seq);
});

it('acknowledges no message before its fdatasync', async () => {
  const folder = await temporaryFolder();
  const trace = `${folder}/trace`;
  // -D: the tracer is a child of the server, which gets the signals.
  const tracer = ['strace', '-D', '-f', '-e', 'trace=fdatasync,fsync', '-o', trace];
  const server = await ServerProcess.start(folder, { wrapper: tracer });
  const syncs = async () => (await readFile(trace, 'utf8')).match(/fdatasync|fsync/g)?.length ?? 0;
  const client = connect(server.address);
  const ann = await join(client, 'ann');
  const target = { case: 'username' as const, value: 'ann' };
  for (let i = 0; i < 20; i += 1) {
    const before = await syncs();
    await client.messages.sendMessage({ target, text: 'durable', clientMessageId: String(i) }, ann);
    expect(await syncs()).toBeGreaterThan(before);
  }
  await server.stop();
});

it('has the names of a new data folder on the disk before it serves', async () => {
  const folder = await temporaryFolder();
  const trace = `${folder}/trace`;
  const tracer = ['strace', '-D', '-f', '-y', '-e', 'trace=openat,fsync', '-o', trace];
  const server = await ServerProcess.start(folder, { wrapper: tracer });
  const calls = await readFile(trace, 'utf8');
  await server.stop();
  const made = calls.search(/openat\(.*data\.mdb", O_RDWR\|O_CREAT/);
  expect(made).toBeGreaterThan(0);
  expect(calls).toMatch(new RegExp(`fsync\\(\\d+<${folder}>`));
  expect(calls.slice(made)).toMatch(new RegExp(`fsync\\(\\d+<${folder}/data>`));
});
