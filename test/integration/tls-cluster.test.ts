import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import { dirname, join as joinPath } from 'node:path';
import { expect, it } from 'vitest';
import { join } from '../testkit/api-client.js';
import { makeAnother, makeCertificate, readCertificate } from '../testkit/certificates.js';
import { clientOf } from '../testkit/chat-user.js';
import { eventually } from '../testkit/deadline.js';
import { PeerNetwork } from '../testkit/peer-network.js';
import { listeningPorts, processTree } from '../testkit/process-tree.js';
import { TestCluster } from '../testkit/test-cluster.js';
import type { TestNode } from '../testkit/test-cluster.js';

/** Any user of the machine but root and the one who runs the tests. */
const strangersId = 65_534;

/** The nodes of a member's cluster, as the member tells whoever it takes for another one; or what came instead. */
async function membersSeen(node: TestNode, certificate: object | undefined): Promise<string> {
  const options = { host: '127.0.0.1', port: node.raftPort, path: '/members', agent: false as const };
  try {
    const request = certificate ? getSecure({ ...options, ...certificate }) : getPlain(options);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
    return body;
  } catch {
    return 'nothing';
  }
}

/** What a program of that user gets from a node's folder: of its store's socket, and of its files. */
function attempt(folder: string, uid: number): string {
  const script = `
    const folder = process.argv[1];
    const list = (path) => { try { return require('fs').readdirSync(path).length > 0 ? 'files' : 'no files'; } catch (e) { return e.code; } };
    require('net').connect(folder + '/etcd:0')
      .on('connect', function () { console.log('connected', list(folder), list(folder + '/etcd')); this.destroy(); })
      .on('error', (e) => console.log(e.code, list(folder), list(folder + '/etcd')));`;
  const identity = ['--reuid', String(uid), '--regid', String(uid), '--clear-groups'];
  const { stdout, stderr } = spawnSync('setpriv', [...identity, process.execPath, '-e', script, folder], {
    encoding: 'utf8',
    // Nobody's own folders are none.
    cwd: '/',
  });
  return stdout.trim() || stderr;
}

it('speaks TLS everywhere, with nobody whose certificate is of another authority, and leaves its store to its node', async () => {
  const files = await makeCertificate(PeerNetwork.host);
  const cluster = await TestCluster.start(3, { tls: files });
  const [first, second] = [cluster.node(0), cluster.node(1)];
  const { ca, ...own } = await readCertificate(files);

  // Each asks the others over TLS how they are.
  const ann = await join(first.client, 'ann');
  await cluster.healthy(ann);

  // To the network there is the Raft port alone, and it wants a certificate of the authority.
  const stranger = await readCertificate(await makeCertificate(PeerNetwork.host));
  const another = await readCertificate(await makeAnother(files, 'another.test'));
  for (const node of cluster.nodes) {
    const [member] = processTree(node.pid).slice(1);
    expect(listeningPorts(member ?? 0)).toEqual([node.raftPort]);
    expect(await membersSeen(node, { ca, ...own })).toContain(`https://${PeerNetwork.host}:${node.raftPort}`);
    expect(await membersSeen(node, { ...another })).toContain('node1');
    expect(await membersSeen(node, undefined)).toBe('nothing');
    expect(await membersSeen(node, { ca })).toBe('nothing');
    expect(await membersSeen(node, { ...stranger, ca })).toBe('nothing');
  }

  // To other users of the machine there is nothing.
  for (const { dataFolder } of cluster.nodes) {
    expect((await stat(dataFolder)).mode & 0o777).toBe(0o700);
  }
  if (process.getuid?.() === 0) {
    // What the test's own folder keeps away is none of the node's merits.
    for (const path of [dirname(dirname(first.dataFolder)), dirname(first.dataFolder)])
      await chmod(path, 0o755);
    expect(attempt(first.dataFolder, 0)).toBe('connected files files');
    expect(attempt(first.dataFolder, strangersId)).toBe('EACCES EACCES EACCES');
  } else {
    process.stderr.write('not root: another user was not tried, only that the folders are for their owner\n');
  }
  expect((await stat(joinPath(first.dataFolder, 'etcd:0'))).isSocket()).toBe(true);

  // Clients go on over TLS when their node dies.
  const user = clientOf(
    cluster.nodes.map(({ address }) => address),
    30_000,
    ca,
  );
  const { saved } = await user.logIn({ username: 'ann', password: 'correct horse', deviceName: 'test' });
  await first.kill();
  const logged = user.as(saved.token);
  expect((await logged.getAccount('ann')).username).toBe('ann');
  const { message } = await second.client.messages.sendMessage(
    { target: { case: 'username', value: 'ann' }, text: 'still here', clientMessageId: '1' },
    { ...ann, timeoutMs: 20_000 },
  );
  expect(message?.seq).toBe(1n);
  await first.start();
  await eventually('the node that was killed takes part again', async () => {
    const { nodes } = await logged.status();
    return nodes.every(({ health }) => health === 'healthy');
  });
});
