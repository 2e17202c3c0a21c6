import { Code } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import type { ChatClient } from '../client/chat-client.js';
import { ClientError } from '../client/client-error.js';
import type { ClusterNode, ClusterStatus } from '../client/types.js';
import { eventually } from '../../test/testkit/deadline.js';
import { ClusterPanel } from './cluster-panel.js';

const node = (id: string): ClusterNode => ({
  id,
  serverAddress: `${id}:1`,
  webAddress: '',
  raftAddress: '',
  role: 'follower',
  health: 'healthy',
  version: '',
  appliedRevision: 1,
  databaseBytes: 0,
  databaseBytesInUse: 0,
  space: 'ok',
});
const status: ClusterStatus = {
  nodeId: 'node1',
  nodes: ['node1', 'node2', 'node3', 'node4', 'node5'].map(node),
  faultsToleratedNow: 2,
  faultsToleratedMax: 2,
  quotaBytes: 0,
};
const unreachable = new ClientError(Code.Unavailable, 'UNREACHABLE', 'No server can be reached.');

it('does not tell that nodes are up when it can not know', async () => {
  let works = true;
  let looks = 0;
  let next: () => void = () => undefined;
  const wait = () =>
    new Promise<void>((resolve) => {
      next = resolve;
    });
  const client = {
    clock: { wait },
    status: () => {
      looks += 1;
      return works ? Promise.resolve(status) : Promise.reject(unreachable);
    },
  } as unknown as ChatClient;
  const panel = new ClusterPanel({ redraw: () => undefined, close: () => undefined }, client);
  const rows = () => panel.view(80, 24).rows;
  const text = () => rows().map((spans) => spans.map((span) => span.text).join(''));
  const look = async () => {
    const before = looks;
    next();
    await eventually('it has looked again', () => looks > before);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const toned = () => rows().flatMap((spans) => spans.filter(({ tone }) => tone === 'good'));
  await eventually('it shows the nodes', () => text().some((line) => line.includes('node5')));
  expect(text().join('\n')).toContain('now 2 more');
  expect(toned()).toHaveLength(5);

  works = false;
  await look();
  expect(text().join('\n')).toContain('as they were last seen');
  expect(text().join('\n')).not.toContain('may fail');
  expect(text().some((line) => line.includes('node5'))).toBe(true);
  expect(toned()).toHaveLength(0);

  works = true;
  await look();
  expect(text().join('\n')).toContain('now 2 more');
  panel.close();
});
