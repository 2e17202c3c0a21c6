import type { FaultRecord } from '../history/record.js';
import type { Call, History } from '../history/history.js';
import type { Findings } from './violation.js';

/** Milliseconds in which a node that can't reach a majority refuses. */
const promised = 5_000;
/** Milliseconds for the client's own work and the machine's, which has all nodes and all clients on few cores. */
const slack = 1_000;
/** Milliseconds until a node that is cut off from now on has to have noticed. */
const noticing = 5_000;

type Span = { readonly from: number; readonly to: number };
type Fault = Span & { readonly kind: string; readonly nodes: readonly number[]; readonly stops: boolean };

/** The faults with their whole time, from before they began to after all was as before. */
export function faultsOf(history: History): Fault[] {
  const byId = new Map<string, FaultRecord[]>();
  for (const record of history.faults) byId.set(record.id, [...(byId.get(record.id) ?? []), record]);
  return [...byId.values()].flatMap((records) => {
    const [begin] = records;
    if (!begin) return [];
    const end = records.find(({ phase }) => phase === 'end')?.at ?? Infinity;
    return [{ from: begin.at, to: end, kind: begin.kind, nodes: begin.nodes, stops: begin.stops }];
  });
}

/** What a fault did to nodes while it was in force: from `held` to `heal`. */
export function heldFaults(history: History): Fault[] {
  const held = history.faults.filter(({ phase }) => phase === 'held');
  return held.map(({ id, at, kind, nodes, stops }) => {
    const heal = history.faults.find((record) => record.id === id && record.phase === 'heal');
    return { from: at, to: heal?.at ?? Infinity, kind, nodes, stops };
  });
}

/** G9: a node answers within 5 s whatever happens to the others, and acknowledges nothing while it is cut off. G10: as promised. */
export function checkRefusals(history: History, size: number, findings: Findings): void {
  const faults = faultsOf(history);
  const down = ['kill', 'pause', 'restart', 'rolling-restart', 'replace'];
  for (const call of history.calls) {
    const { id, start, end, node, request, reason } = call;
    if (reason === 'INTERNAL')
      findings.add({
        promise: 'G10',
        kind: 'internal',
        what: `${id} (${request.op} on node${node + 1}) was refused with INTERNAL`,
        at: start,
      });
    if (node < 0 || request.op === 'subscribe') continue;
    const took = end - start;
    // A node that does not run answers nobody.
    const absent = faults.some(
      (fault) =>
        down.includes(fault.kind) && fault.nodes.includes(node) && fault.from < end && fault.to > start,
    );
    const troubled = faults.some((fault) => fault.from < end && fault.to > start);
    if (absent || !troubled || took <= promised + slack || took === Infinity) continue;
    findings.add({
      promise: 'G9',
      kind: 'late',
      what: `${id} (${request.op} on node${node + 1}) took ${Math.round(took)} ms`,
      at: start,
    });
  }
  isolated(history, size, findings);
}

/** What reads or writes the store can't be done by a node that has been without a majority for the whole time of the call. */
function isolated(history: History, size: number, findings: Findings): void {
  const held = heldFaults(history);
  for (const call of history.calls) {
    const { id, start, end, node, request, outcome } = call;
    if (outcome !== 'ok' || node < 0 || request.op === 'status' || request.op === 'subscribe') continue;
    const alone = held.find(
      ({ kind, nodes, from, to }) =>
        kind === 'cut' && nodes.includes(node) && from + noticing < start && to > end,
    );
    const lost = without(held, size, call);
    if (!alone && !lost) continue;
    findings.add({
      promise: 'G9',
      kind: 'alone',
      what: `${id} (${request.op}) was answered by node${node + 1}, which could reach no majority`,
      at: start,
    });
  }
}

/** Whether so many nodes were gone for the whole time of the call that those left were no majority. */
function without(held: readonly Fault[], size: number, { start, end }: Call): boolean {
  const gone = new Set(
    held
      .filter(
        ({ kind, from, to }) =>
          ['kill', 'pause', 'cut'].includes(kind) && from + noticing < start && to > end,
      )
      .flatMap(({ nodes }) => nodes),
  );
  return size - gone.size <= size / 2;
}
