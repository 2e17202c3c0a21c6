import { expect, it } from 'vitest';
import type { ClusterNode, ClusterStatus } from '../../../src/client/types.js';
import { changesBetween, summaryOf } from './cluster-story.js';

function status(nodes: Partial<ClusterNode>[], now: number, max = 2, nodeId = 'node1'): ClusterStatus {
  const all = nodes.map((node, i) => ({ id: `node${i + 1}`, health: 'healthy', role: 'follower', ...node }));
  return {
    nodeId,
    nodes: all as ClusterNode[],
    faultsToleratedNow: now,
    faultsToleratedMax: max,
    quotaBytes: 0,
  };
}

const down: Partial<ClusterNode> = { health: 'unreachable' };

it('says how the cluster is', () => {
  expect(summaryOf(status([{}, {}, {}, {}, {}], 2))).toBe('All five nodes are up. Two may fail.');
  expect(summaryOf(status([{}, down, {}, {}, {}], 1))).toBe('node2 is down. One more may fail.');
  expect(summaryOf(status([{}, down, {}, down, {}], 0))).toBe(
    'node2 and node4 are down. Not one more may fail.',
  );
  expect(summaryOf(status([{ health: 'no-quorum' }, down, down], 0, 1))).toMatch(/^Too many nodes are down/);
  expect(summaryOf(status([{ role: 'standalone' }], 0, 0))).toMatch(/^A server by itself/);
});

it('tells what has happened', () => {
  const before = status([{ role: 'leader' }, {}, {}], 1);
  const after = status([{ ...down, role: undefined }, { role: 'leader' }, { space: 'low' }], 0, 1, 'node2');
  expect(changesBetween(before, after)).toEqual([
    'node1 is down',
    'node2 leads',
    'node3 is running out of room',
    'This page is served by node2 now',
  ]);
  expect(changesBetween(before, before)).toEqual([]);
  expect(changesBetween(before, status([{ role: 'leader' }, {}, {}, {}], 1))).toEqual(['node4 has joined']);
  expect(changesBetween(before, status([{ role: 'leader' }, {}], 0))).toEqual(['node3 has left']);
});
