import { expect, it } from 'vitest';
import { planCluster } from './cluster-plan.js';
import { countFaults, faultsLine, renderPage, renderTable } from './cluster-table.js';

const { nodes } = planCluster({ nodes: 5, startPort: 8_888, data: 'x' });
const rows = (healthy: number) =>
  nodes.map((node, i) => ({
    node,
    state: i >= healthy ? 'ended by SIGKILL' : i === 0 ? 'leader' : 'follower',
    healthy: i < healthy,
    revision: i < healthy ? 12 : undefined,
    bytes: i < healthy ? 1_048_576 : undefined,
  }));

it.each([
  [5, 'Any 2 nodes may fail when all are up; now 2 more may.'],
  [4, 'Any 2 nodes may fail when all are up; now 1 more may.'],
  [3, 'Any 2 nodes may fail when all are up; now no more may.'],
  [2, 'No majority is up: nothing can be written or read until one is.'],
])('tells what may fail with %d of five up', (healthy, expected) => {
  expect(faultsLine(countFaults(rows(healthy)))).toBe(expected);
});

it('says that three nodes bear one fault, and one node none', () => {
  expect(countFaults(rows(5).slice(0, 3))).toEqual({ now: 1, max: 1, majority: true });
  expect(countFaults(rows(5).slice(0, 1))).toEqual({ now: 0, max: 0, majority: true });
});

it('shows every node, in columns', () => {
  const table = renderTable(rows(4), false);
  expect(table.split('\n')).toHaveLength(6);
  expect(table).toContain(
    'node1  leader            localhost:8888  http://localhost:8080  localhost:9888  12',
  );
  expect(table).toContain('node5  ended by SIGKILL');
  expect(renderTable(rows(4), true)).toContain('\u001b[31m');
});

it('leaves out the last columns where there is no room for them', () => {
  const lines = renderTable(rows(4), false, { tls: false }, 66).split('\n');
  expect(lines[0]).toBe('  node   state             gRPC            web');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(66);
  expect(renderTable(rows(4), false, { tls: false }, 10)).toContain('node5  ended by SIGKILL');
});

it('has as many lines whatever the nodes do, the last of which tells the keys', () => {
  const page = (healthy: number) =>
    renderPage(rows(healthy), { tls: false, folder: '/x' }, { colours: false, columns: 100, ca: undefined });
  const counts = [5, 4, 3, 2].map((healthy) => page(healthy).split('\n').length);
  expect(new Set(counts).size).toBe(1);
  expect(page(4)).toMatch(/Ctrl-C stops all; 1 to 5 starts a node that has ended\.\n$/);
});
