import type { Call, History } from '../history/history.js';
import type { OperationName } from '../history/record.js';
import { faultsOf, heldFaults } from './refusals.js';
import type { Findings } from './violation.js';

/** Milliseconds for an election, on a machine that has all nodes and all clients on few cores. */
const settling = 5_000;
/** Milliseconds that a fault has to be in force after that, so that enough is called meanwhile. */
const lasting = 1_500;

const writes: ReadonlySet<OperationName> = new Set(['send', 'markRead', 'deleteMessages']);

/** A write that the node could not make, though there was time. */
function inVain({ start, end, outcome, reason, request }: Call): boolean {
  if (!writes.has(request.op)) return false;
  return reason === 'STORE_UNAVAILABLE' || (outcome === 'unknown' && end - start > 1_000);
}

/**
 * G2: while no more nodes are gone than is borne, every other node serves. Judged where nothing else is going on, in
 * the time from `settling` after the last fault began until the first one is healed.
 */
export function checkAvailability(history: History, size: number, findings: Findings): number {
  const borne = Math.floor((size - 1) / 2);
  const all = faultsOf(history);
  let judged = 0;
  for (const { from, to } of heldFaults(history)) {
    const begin = from + settling;
    if (to - begin < lasting) continue;
    const others = all.filter((fault) => fault.from < to && fault.to > from);
    const gone = new Set(others.filter(({ stops }) => stops).flatMap(({ nodes }) => nodes));
    // Each of these takes nodes away, or the store, at times of its own.
    const unclear = others.some(
      ({ kind, from: began }) =>
        began > from || ['rolling-restart', 'replace', 'quota', 'defragment', 'slow'].includes(kind),
    );
    if (gone.size > borne || unclear) continue;
    judged += 1;
    for (let node = 0; node < size; node += 1) {
      if (gone.has(node)) continue;
      const during = history.calls.filter(
        (call) => call.node === node && call.start >= begin && call.end <= to,
      );
      const served = during.filter(({ outcome, request }) => outcome === 'ok' && request.op !== 'status');
      const names = [...gone].map((other) => `node${other + 1}`).join(', ');
      const enough = during.length >= 5;
      if (enough && served.length === 0) {
        const what = `node${node + 1} has served none of ${during.length} calls while only ${names} were gone`;
        findings.add({ promise: 'G2', kind: 'unavailable', what, at: begin });
      } else if (during.filter(inVain).length >= 5 && !served.some(({ request }) => writes.has(request.op))) {
        const what = `node${node + 1} has taken no write while only ${names} were gone`;
        findings.add({ promise: 'G2', kind: 'no-write', what, at: begin });
      }
    }
  }
  return judged;
}
