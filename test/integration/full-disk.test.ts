import { rm, writeFile } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { expect, it } from 'vitest';
import { connect, join, login, refusalOf } from '../testkit/api-client.js';
import { eventually } from '../testkit/deadline.js';
import { noLimits } from '../testkit/no-limits.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const mebibyte = 1_024 * 1_024;

it('refuses sends on a full disk, keeps what was acknowledged, and goes on once there is room', async () => {
  const folder = await temporaryFolder();
  const disk = await temporaryFolder();
  // The small disk is seen by the server alone and gone with it.
  const mount = 'mount -t tmpfs -o size=40m tmpfs "$0" && exec "$@"';
  const wrapper = ['unshare', '--map-root-user', '--mount', 'sh', '-c', mount, disk];
  const config = { server_data: joinPath(disk, 'data'), limits: noLimits };
  const server = await ServerProcess.start(folder, { config, wrapper });
  const ballast = `/proc/${server.pid}/root${disk}/ballast`;
  await writeFile(ballast, Buffer.alloc(8 * mebibyte));
  const client = connect(server.address);
  const [ann, ben] = [await join(client, 'ann'), await join(client, 'ben')];
  const target = { case: 'username' as const, value: 'ben' };
  const acknowledged: string[] = [];
  let refusal = '';
  const send = async (number: number) => {
    const text = `${number} ${'x'.repeat(16_000)}`;
    const sending = client.messages.sendMessage({ target, text, clientMessageId: String(number) }, ann);
    const outcome = await refusalOf(sending);
    if (outcome === 'not refused') acknowledged.push(text);
    else refusal = outcome;
    return outcome;
  };
  for (let number = 0; refusal === ''; number += 1) {
    expect(number).toBeLessThan(4_000);
    await send(number);
  }
  expect(refusal).toBe('ResourceExhausted STORE_FULL');
  expect(acknowledged.length).toBeGreaterThan(100);
  const stored = async () => {
    const texts: string[] = [];
    for (let pageToken = ''; ;) {
      const page = await client.messages.listMessages(
        { target, pageToken, pageSize: 200, afterSeq: 0n },
        ann,
      );
      texts.push(...page.messages.map(({ text }) => text));
      pageToken = page.nextPageToken;
      if (pageToken === '') return texts;
    }
  };
  expect(await stored()).toEqual(acknowledged);
  const [conversation] = (await client.conversations.listConversations({}, ben)).conversations;
  expect(conversation?.unreadCount).toBe(BigInt(acknowledged.length));
  // Deleting goes on, also to the last of them, and so do logins.
  const id = conversation?.id ?? '';
  const seqs = acknowledged.slice(0, 20).map((_, i) => BigInt(i + 1));
  await client.messages.deleteMessages({ conversationId: id, seqs, forEveryone: true }, ann);
  acknowledged.fill('', 0, 20);
  await login(client, 'ben');
  await rm(ballast);
  await eventually(
    'sends come back',
    async () => (await send(acknowledged.length + 10_000)) === 'not refused',
  );
  expect(await stored()).toEqual(acknowledged);
  expect(await server.stop()).toBe(0);
});
