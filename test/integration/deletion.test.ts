import { readFile, readdir } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { expect, it } from 'vitest';
import { connect, join, login, password } from '../testkit/api-client.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

/** The files of a data folder that hold a text. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile() && (await readFile(joinPath(folder, entry.name))).includes(text))
      found.push(entry.name);
  }
  return found;
}

it('takes what was deleted off the disk (G8)', async () => {
  const folder = await temporaryFolder();
  const data = joinPath(folder, 'data');
  const first = await ServerProcess.start(folder);
  const client = connect(first.address);
  const ann = await join(client, 'ann');
  const ben = await join(client, 'secretive-ben');
  const target = { case: 'username' as const, value: 'secretive-ben' };
  const send = async (text: string) =>
    client.messages.sendMessage({ target, text, clientMessageId: text.slice(0, 4) }, ann);
  const { message } = await send('regretted words');
  await send('kept words');
  expect(await filesWith(data, 'regretted words')).not.toEqual([]);
  const conversationId = message?.conversationId ?? '';
  await client.messages.deleteMessages({ conversationId, seqs: [1n], forEveryone: true }, ann);
  await client.accounts.deleteAccount({ password }, ben);
  expect(await first.stop()).toBe(0);
  const second = await ServerProcess.start(folder);
  expect(await filesWith(data, 'regretted words')).toEqual([]);
  expect(await filesWith(data, 'secretive-ben')).toEqual([]);
  expect(await filesWith(data, 'kept words')).not.toEqual([]);
  const again = connect(second.address);
  const inside = { case: 'conversationId' as const, value: conversationId };
  const { messages } = await again.messages.listMessages({ target: inside }, await login(again, 'ann'));
  expect(messages.map(({ text, deleted }) => [text, deleted])).toEqual([
    ['kept words', false],
    ['', true],
  ]);
});

it('says that deleted text stays while the disk has no room for a second copy (G8)', async () => {
  const folder = await temporaryFolder();
  const data = joinPath(folder, 'data');
  const first = await ServerProcess.start(folder);
  const client = connect(first.address);
  const ann = await join(client, 'ann');
  const target = { case: 'username' as const, value: 'ann' };
  const { message } = await client.messages.sendMessage(
    { target, text: 'regretted words', clientMessageId: 'a' },
    ann,
  );
  const conversationId = message?.conversationId ?? '';
  await client.messages.deleteMessages({ conversationId, seqs: [1n], forEveryone: true }, ann);
  expect(await first.stop()).toBe(0);
  // The small disk is seen by the second server alone, and gone with it.
  const disk = await temporaryFolder();
  const mount = 'mount -t tmpfs -o size=8m tmpfs "$0" && cp -r "$1" "$0" && shift && exec "$@"';
  const wrapper = ['unshare', '--map-root-user', '--mount', 'sh', '-c', mount, disk, data];
  const config = { server_data: joinPath(disk, 'data') };
  const second = await ServerProcess.start(folder, { config, wrapper });
  await eventually('it says so', () => second.log.includes('what was deleted is still on the disk'));
  expect(await filesWith(`/proc/${second.pid}/root${config.server_data}`, 'regretted words')).not.toEqual([]);
  expect(await second.stop()).toBe(0);
  const third = await ServerProcess.start(folder);
  expect(third.log).not.toContain('what was deleted is still on the disk');
  expect(await filesWith(data, 'regretted words')).toEqual([]);
});
