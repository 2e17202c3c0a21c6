import type { History } from '../history/history.js';
import type { OperationName } from '../history/record.js';
import type { Findings } from './violation.js';

const operations: readonly OperationName[] = [
  'createAccount',
  'login',
  'logout',
  'revoke',
  'listSessions',
  'getAccount',
  'listAccounts',
  'changePassword',
  'deleteAccount',
  'send',
  'listMessages',
  'listUnread',
  'listConversations',
  'markRead',
  'deleteMessages',
  'subscribe',
  'status',
];

/** Calls that succeeded, of all clients: fewer show nothing. In a second, on average, and in all. */
const leastRate = 1;
const leastCalls = 100;

/** Milliseconds of a round that has time for what can be done at all. */
export const longRound = 4 * 60_000;
const leastTries = 2;
/** Rounds that have time for every kind of fault, together. */
const manyRounds = 10;

export type Expected = {
  readonly nodes: number;
  /** Kinds of faults that were to happen, each at least once if there was time. */
  readonly kinds: readonly string[];
  /** Milliseconds in which faults were made. */
  readonly duration: number;
};

/** What has to be so for the rest to show anything: faults happened, and people got on with their work meanwhile. */
export function checkAssumptions(history: History, expected: Expected, findings: Findings): void {
  const miss = (kind: string, what: string) => findings.add({ promise: 'run', kind, what });
  const held = history.faults.filter(({ phase }) => phase === 'held');
  if (held.length === 0) miss('no-fault', 'no fault was in force at any time');
  for (const { kind, evidence = '' } of history.faults.filter(
    ({ phase }) => phase === 'held' || phase === 'end',
  )) {
    if (evidence === '') miss('no-evidence', `nothing shows that the fault ${kind} happened`);
  }
  // Beside other faults it may be that nobody has anything to say.
  const kinds = kindsHeld(history);
  for (const kind of kinds) {
    const ends = history.faults.filter((fault) => fault.kind === kind && fault.phase === 'end');
    if (ends.length > 0 && ends.every(({ evidence = '' }) => evidence.startsWith('it met 0 ')))
      miss('met-nothing', `the fault ${kind} met nothing: the nodes did not talk to each other`);
  }
  for (const kind of expected.duration >= longRound ? expected.kinds : []) {
    const tries = history.faults.filter((fault) => fault.kind === kind && fault.phase === 'begin').length;
    if (tries >= leastTries && !kinds.has(kind))
      miss('never-held', `the fault ${kind} was begun ${tries} times and never in force`);
  }
  const begin = history.noted('calls');
  const end = history.noted('calm');
  if (begin === undefined || end === undefined || history.noted('end') === undefined) {
    miss('cut-short', 'the run did not come to its end');
    return;
  }
  const clients = history.calls.filter(({ client }) => client !== 'run');
  const served = clients.filter(({ outcome }) => outcome === 'ok');
  const rate = (1_000 * served.length) / (end - begin);
  if (rate < leastRate || served.length < leastCalls)
    miss('too-few', `only ${served.length} calls succeeded, ${rate.toFixed(1)} a second`);
  // What is rare is called by chance: in a short run it may not be.
  const long = served.length >= 2_000;
  for (const op of operations) {
    if (long && !served.some(({ request }) => request.op === op))
      miss('never-done', `no ${op} ever succeeded`);
  }
  for (let node = 0; node < expected.nodes; node += 1) {
    if (!served.some((call) => call.node === node)) miss('node-unused', `node${node + 1} has served no call`);
  }
  const during = served.filter(({ start, end: ended }) =>
    held.some((fault) => start <= fault.at && ended >= fault.at - 1_000),
  );
  if (held.length > 2 && during.length === 0) miss('too-few', 'nobody was calling when faults began');
}

/** Kinds of faults that were in force at some time. */
export function kindsHeld(history: History): Set<string> {
  return new Set(history.faults.filter(({ phase }) => phase === 'held').map(({ kind }) => kind));
}

/** Of the kinds of faults that were to happen, those that did in none of the rounds, when these are enough for all. */
export function neverHeld(kinds: readonly string[], rounds: readonly ReadonlySet<string>[]): string[] {
  if (rounds.length < manyRounds) return [];
  return kinds.filter((kind) => !rounds.some((held) => held.has(kind)));
}
