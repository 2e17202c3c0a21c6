import { expect, it } from 'vitest';
import type { ClusterNode, ClusterStatus } from '../../../src/client/types.js';
import { addLook, courseOf, lookAt, shownTime } from './course.js';

function status(...nodes: Partial<ClusterNode>[]): ClusterStatus {
  const all = nodes.map((node) => ({ health: 'healthy', appliedRevision: 0, databaseBytes: 0, ...node }));
  const faultsToleratedNow = 2;
  return {
    nodeId: 'node1',
    nodes: all as ClusterNode[],
    faultsToleratedNow,
    faultsToleratedMax: 2,
    quotaBytes: 0,
  };
}

const look = (time: number, revision: number) => ({ time, revision, behind: 0, bytes: 0, spare: 2 });

it('sees the newest revision, the slowest node that is up, and the largest database', () => {
  const seen = status(
    { appliedRevision: 90, databaseBytes: 7 },
    { appliedRevision: 100, databaseBytes: 5 },
    // Its numbers are not known.
    { health: 'unreachable' },
  );
  expect(lookAt(seen, 5)).toEqual({ time: 5, revision: 100, behind: 10, bytes: 7, spare: 2 });
  expect(lookAt(status({ health: 'unreachable' }), 5)).toMatchObject({ revision: 0, behind: 0, bytes: 0 });
});

it('counts changes over some seconds, and none where the newest node is gone', () => {
  const looks = [look(0, 100), look(1_000, 110), look(2_000, 160), look(10_000, 160), look(11_000, 150)];
  expect(courseOf(looks).changes).toEqual([0, 10, 30, 0, 0]);
  expect(courseOf([]).changes).toEqual([]);
});

it('keeps what is shown, and begins anew when the clock is set back', () => {
  const all = [0, 1_000, shownTime].reduce<ReturnType<typeof addLook>>(
    (looks, time) => addLook(looks, look(time, 1)),
    [],
  );
  expect(all.map(({ time }) => time)).toEqual([1_000, shownTime]);
  expect(addLook(all, look(500, 1)).map(({ time }) => time)).toEqual([500]);
});
