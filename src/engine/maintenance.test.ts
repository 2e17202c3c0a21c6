import { expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '../../test/testkit/deadline.js';
import type { EtcdClient } from '../etcd/etcd-client.js';
import { EtcdError } from '../etcd/etcd-error.js';
import { Maintenance } from './maintenance.js';
import { PeerClient } from './peer-client.js';

/** Of a member that does not answer. */
function start(poll: number) {
  const status = vi.fn(() => Promise.reject(new EtcdError('NOT_SENT', 'etcd Status: not there')));
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  const maintenance = new Maintenance({
    client: { status } as unknown as EtcdClient,
    peers: new PeerClient({ scheme: 'http', tls: undefined }),
    nodeId: 'node1',
    quotaBytes: 1_000_000,
    logger,
    timing: { poll },
  });
  maintenance.start();
  onTestFinished(() => maintenance.close());
  return { maintenance, status };
}

it('makes no signal for a look out of the one that lives as long as the node: they would add up', async () => {
  const any = vi.spyOn(AbortSignal, 'any');
  onTestFinished(() => any.mockRestore());
  const { status } = start(1);
  await eventually('it has looked often', () => status.mock.calls.length >= 20);
  expect(any).not.toHaveBeenCalled();
});

it('looks again early when much was written, and ends while it waits', async () => {
  const { maintenance, status } = start(600_000);
  await eventually('it has looked', () => status.mock.calls.length === 1);
  await eventually('it has looked again', () => {
    maintenance.noteWritten(10_000);
    return status.mock.calls.length >= 3;
  });
  await maintenance.close();
});
