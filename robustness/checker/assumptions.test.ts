import { expect, it } from 'vitest';
import { History } from '../history/history.js';
import type { HistoryRecord } from '../history/record.js';
import { checkAssumptions, neverHeld } from './assumptions.js';
import { Findings } from './violation.js';

type Change = {
  readonly calls?: number;
  readonly evidence?: string;
  readonly faults?: number;
  readonly notes?: readonly string[];
};

/** What is found in a run of 10 s on one node. */
function found({
  calls = 100,
  evidence = 'seen',
  faults = 1,
  notes = ['calls', 'calm', 'end'],
}: Change): string[] {
  const records: HistoryRecord[] = notes.map((note, i) => ({ type: 'note', note, at: 5_000 * i }));
  for (let i = 0; i < calls; i += 1) {
    const call = { op: 'status' as const, account: 'ann', session: 's' };
    records.push({ type: 'call', id: `c${i}`, client: 'c', node: 0, at: i, call });
    records.push({ type: 'return', id: `c${i}`, at: i + 1, outcome: 'ok' });
  }
  for (let i = 0; i < faults; i += 1) {
    const fault = { type: 'fault' as const, id: `f${i}`, kind: 'cut', nodes: [0], stops: true };
    records.push({ ...fault, at: 50, phase: 'held', evidence: 'blocked' });
    records.push({ ...fault, at: 60, phase: 'end', evidence });
  }
  const findings = new Findings();
  checkAssumptions(new History(records), { nodes: 1, kinds: ['cut'], duration: 10_000 }, findings);
  return findings.all.map(({ promise, kind }) => `${promise} ${kind}`);
}

it('finds nothing missing in a run that shows something', () => {
  expect(found({})).toEqual([]);
});

it('takes no run for good without faults, calls or an end', () => {
  expect(found({ faults: 0 })).toEqual(['run no-fault']);
  expect(found({ evidence: '' })).toEqual(['run no-evidence']);
  expect(found({ evidence: 'it met 0 chunks of bytes' })).toEqual(['run met-nothing']);
  expect(found({ calls: 0 })).toEqual(['run too-few', 'run node-unused']);
  expect(found({ notes: ['calls'] })).toEqual(['run cut-short']);
});

/** What is found of a kind of fault that was begun so often and could not be done. */
function foundOfFailed(kind: string, begun: number, duration: number, held = 0): string[] {
  const records: HistoryRecord[] = [];
  for (let i = 0; i < begun; i += 1) {
    const fault = { type: 'fault' as const, id: `f${i}`, kind, nodes: [0], stops: false };
    records.push({ ...fault, at: 50, phase: 'begin' });
    if (i < held) records.push({ ...fault, at: 51, phase: 'held', evidence: 'seen' });
    records.push({ ...fault, at: 52, phase: 'end', evidence: 'it could not be done' });
  }
  const findings = new Findings();
  checkAssumptions(new History(records), { nodes: 1, kinds: [kind], duration }, findings);
  return findings.all.filter(({ kind: one }) => one === 'never-held').map(({ what }) => what);
}

it('does not take a fault that could never be made for one that was borne', () => {
  const long = 5 * 60_000;
  expect(foundOfFailed('compact', 2, long)).toEqual([
    'the fault compact was begun 2 times and never in force',
  ]);
  expect(foundOfFailed('compact', 1, long)).toEqual([]);
  expect(foundOfFailed('compact', 2, 60_000)).toEqual([]);
  expect(foundOfFailed('compact', 2, long, 1)).toEqual([]);
});

it('wants every kind of fault in many rounds together', () => {
  const rounds = (count: number, kinds: string[]) => Array.from({ length: count }, () => new Set(kinds));
  expect(neverHeld(['cut', 'kill'], rounds(10, ['cut']))).toEqual(['kill']);
  expect(neverHeld(['cut', 'kill'], [...rounds(9, ['cut']), new Set(['kill'])])).toEqual([]);
  // A few rounds may not come to it.
  expect(neverHeld(['cut', 'kill'], rounds(9, ['cut']))).toEqual([]);
});
