import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readSchema } from '../../src/chat/schema.js';
import type { EtcdClient } from '../../src/etcd/etcd-client.js';
import { EtcdStore } from '../../src/kv-etcd/etcd-store.js';
import { backUpData, restoreData } from '../../src/server/backup.js';
import { openNodeClient } from '../../src/server/node-client.js';
import { raiseClusterSchema } from '../../src/server/cluster-schema.js';
import { exportData } from '../../src/server/transfer.js';
import { connect, join as joinAs } from '../testkit/api-client.js';
import { CommandLine } from '../testkit/command-line.js';
import { eventually } from '../testkit/deadline.js';
import { freePorts } from '../testkit/free-port.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const hook = fileURLToPath(new URL('../testkit/next-version.js', import.meta.url));
/** Makes the program the next version, which knows schema 2. */
const next = { NODE_OPTIONS: `--import=${hook}` };
const reason = 'the data was written by a newer Holdfast (schema 2, this program knows 1): use that one';
const refused = `holdfast: ${reason}\n`;
const target = { case: 'username' as const, value: 'ben' };

/** The schema that the data in a backup has. */
async function schemaOf(file: string): Promise<number> {
  const [first = ''] = (await readFile(file, 'utf8')).split('\n');
  return (JSON.parse(first) as { schema: number }).schema;
}

it('a server alone takes older data to its own schema, and an older one refuses it then, untouched', async () => {
  const folder = await temporaryFolder();
  const config = join(folder, 'config.json');
  const first = await ServerProcess.start(folder);
  const ann = await joinAs(connect(first.address), 'ann');
  await first.stop();
  // What the commands of this version do, without a program for each.
  const { signal } = new AbortController();
  const own = { configPath: config, env: {}, nodeId: undefined, signal, onProgress: () => undefined };
  const [before, after] = [join(folder, 'before'), join(folder, 'after')];
  await backUpData({ ...own, write: (text) => appendFile(before, text) });
  expect(await schemaOf(before)).toBe(1);
  const second = await ServerProcess.start(folder, { env: next });
  await connect(second.address).sessions.listSessions({}, ann);
  await second.stop();
  const database = await readFile(join(folder, 'data', 'data.mdb'));
  const third = await ServerProcess.launch(folder, {});
  expect(await third.ended()).toBe(1);
  expect(third.log).toContain(refused);
  const older = await new CommandLine(folder, 'localhost:1').run(['backup', after, config]);
  expect([older.status, older.err]).toEqual([1, refused]);
  expect(await readdir(folder)).not.toContain('after');
  const write = () => Promise.reject(new Error('something is written'));
  await expect(exportData({ ...own, write })).rejects.toThrow(reason);
  expect((await readFile(join(folder, 'data', 'data.mdb'))).equals(database)).toBe(true);
  const newer = new CommandLine(folder, 'localhost:1', next);
  expect((await newer.run(['backup', after, config])).status).toBe(0);
  expect(await schemaOf(after)).toBe(2);
  const empty = join(folder, 'empty.json');
  await writeFile(empty, JSON.stringify({ port: 0, web_port: 0, server_data: join(folder, 'empty') }));
  const restoring = restoreData({
    ...own,
    configPath: empty,
    open: () => createReadStream(after),
    withoutSessions: false,
    onChecked: () => undefined,
  });
  await expect(restoring).rejects.toThrow('was made by a newer Holdfast');
  const restored = await newer.run(['restore', before, empty]);
  expect([restored.status, restored.err]).toEqual([0, '']);
});

it('nodes of two versions run together, and the data is new once all are', async () => {
  const folder = await temporaryFolder();
  const ports = await freePorts(3);
  const peers = Object.fromEntries(ports.map((port, i) => [`node${i + 1}`, `127.0.0.1:${port}`]));
  const config = { distributed_mode: true, peers, server_data: join(folder, 'data') };
  const launch = async (nodeId: string, env?: Readonly<Record<string, string>>) => {
    await mkdir(join(folder, nodeId), { recursive: true });
    return ServerProcess.launch(join(folder, nodeId), { config, nodeId, ...(env && { env }) });
  };
  const ids = Object.keys(peers);
  const nodes = await Promise.all(ids.map((id) => launch(id)));
  await Promise.all(nodes.map((node) => node.serving()));
  const client = (at: number) => connect(nodes[at]?.address ?? '');
  const ann = await joinAs(client(0), 'ann');
  await joinAs(client(0), 'ben');
  let sent = 0;
  const say = async (at: number) => {
    sent += 1;
    const { message } = await client(at).messages.sendMessage(
      { target, text: String(sent), clientMessageId: String(sent) },
      ann,
    );
    expect(Number(message?.seq)).toBe(sent);
  };
  const throughMember = async <T>(id: string, act: (client: EtcdClient) => Promise<T>) => {
    const { client, close } = await openNodeClient(config.server_data, id);
    return act(client).finally(close);
  };
  const schema = async (id: string) =>
    throughMember(id, async (client) => {
      const store = await EtcdStore.open({ client, feedBytes: 0 });
      return readSchema(store).finally(() => store.close());
    });
  /** What the leader's node does every few seconds; of the next version, here. */
  const expectNotRaised = async () => {
    expect(await throughMember('node1', (client) => raiseClusterSchema(client, ids, 2))).toBeUndefined();
    expect(await schema('node1')).toBe(1);
  };
  const replace = async (at: number, env?: Readonly<Record<string, string>>) => {
    await nodes[at]?.stop();
    nodes[at] = await launch(ids[at] ?? '', env);
  };

  for (const at of [0, 1]) {
    await replace(at, next);
    await nodes[at]?.serving();
    for (const through of [0, 1, 2]) await say(through);
    await expectNotRaised();
  }
  // One that went to the next version and came back: it must not be written past.
  await replace(1);
  await nodes[1]?.serving();
  await replace(2, next);
  await nodes[2]?.serving();
  for (const through of [0, 1, 2]) await say(through);
  await expectNotRaised();
  await replace(1, next);
  await nodes[1]?.serving();
  await eventually('the schema has risen', async () => (await schema('node1')) === 2);

  await replace(0);
  expect(await nodes[0]?.ended()).toBe(1);
  expect(nodes[0]?.log).toContain(refused);
  expect(await schema('node2')).toBe(2);
  await replace(0, next);
  await nodes[0]?.serving();
  for (const through of [0, 1, 2]) await say(through);
}, 180_000);
