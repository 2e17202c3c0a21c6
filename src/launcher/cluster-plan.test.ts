import { expect, it } from 'vitest';
import { PlanError, configOf, planCluster } from './cluster-plan.js';

it('gives five nodes the documented ports', () => {
  const plan = planCluster({ nodes: 5, startPort: 8_888, data: '/data' });
  expect(plan.nodes.map(({ port }) => port)).toEqual([8_888, 8_889, 8_890, 8_891, 8_892]);
  expect(plan.nodes.map(({ raftPort }) => raftPort)).toEqual([9_888, 9_889, 9_890, 9_891, 9_892]);
  expect(plan.nodes.map(({ webPort }) => webPort)).toEqual([8_080, 8_081, 8_082, 8_083, 8_084]);
  expect(configOf(plan)).toMatchObject({ server_data: '/data', peers: { node2: 'localhost:9889' } });
});

it.each([
  [0, 8_888],
  [10, 8_888],
  [2.5, 8_888],
  [NaN, 8_888],
  [5, 808],
  [5, 64_532],
  [5, NaN],
])('refuses %d nodes from port %d', (nodes, startPort) => {
  expect(() => planCluster({ nodes, startPort, data: 'x' })).toThrow(PlanError);
});
