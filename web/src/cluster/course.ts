import type { ClusterStatus, Time } from '../../../src/client/types.js';

/** What is kept of one look at the cluster. */
export type Look = {
  readonly time: Time;
  /** The newest that any node has applied. */
  readonly revision: number;
  /** Revisions that the slowest node which is up has still to apply. */
  readonly behind: number;
  /** Of the largest database. */
  readonly bytes: number;
  /** Further nodes that might fail. */
  readonly spare: number;
};

/** Figures over time: each with one value for each look, the latest one last. */
export type Course = {
  /** Revisions a second. */
  readonly changes: readonly number[];
  readonly behind: readonly number[];
  readonly bytes: readonly number[];
  readonly spare: readonly number[];
};

/** Milliseconds that are shown. */
export const shownTime = 5 * 60_000;
/** Milliseconds over which changes are counted: nodes tell of theirs at moments of their own. */
const countedTime = 3_000;

export function lookAt({ nodes, faultsToleratedNow }: ClusterStatus, time: Time): Look {
  const up = nodes.filter(({ health }) => health !== 'unreachable');
  const revisions = up.map(({ appliedRevision }) => appliedRevision);
  const revision = Math.max(0, ...revisions);
  return {
    time,
    revision,
    behind: revision - Math.min(revision, ...revisions),
    bytes: Math.max(0, ...up.map(({ databaseBytes }) => databaseBytes)),
    spare: faultsToleratedNow,
  };
}

/** With one more look, and without those that are too long ago. */
export function addLook(looks: readonly Look[], look: Look): readonly Look[] {
  return [...looks.filter(({ time }) => time <= look.time && time > look.time - shownTime), look];
}

export function courseOf(looks: readonly Look[]): Course {
  return {
    changes: looks.map((look, i) => changesAt(looks, look, i)),
    behind: looks.map(({ behind }) => behind),
    bytes: looks.map(({ bytes }) => bytes),
    spare: looks.map(({ spare }) => spare),
  };
}

/** 0 for the first look, and while the node that was ahead can't be asked. */
function changesAt(looks: readonly Look[], { time, revision }: Look, i: number): number {
  const since = looks.slice(0, i).find((look) => look.time >= time - countedTime) ?? looks[i - 1];
  if (!since || time === since.time) return 0;
  return (Math.max(0, revision - since.revision) * 1_000) / (time - since.time);
}
