import type { FaultRecord } from '../history/record.js';
import type { History } from '../history/history.js';
import type { Findings } from './violation.js';

/** Milliseconds in which a node that can't reach a majority refuses. */
const promised = 5_000;
/** Milliseconds for the client's own work and the machine's, which has all nodes and all clients on few cores. */
const slack = 1_000;
/** Milliseconds in which what was on its way when a node was cut off has arrived. */
const noticing = 1_000;

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

/**
 * G9: a node that can't reach a majority answers within 5 s, and acknowledges nothing. Judged where it is certain that it
 * can't: it is cut off both ways, or so many others are gone that those left are no majority. G10: nothing is INTERNAL.
 */
export function checkRefusals(history: History, size: number, findings: Findings): void {
  for (const { id, node, request, reason, start } of history.calls) {
    if (reason !== 'INTERNAL') continue;
    const what = `${id} (${request.op} on node${node + 1}) was refused with INTERNAL`;
    findings.add({ promise: 'G10', kind: 'internal', what, at: start });
  }
  for (const { node, from, to } of helplessTimes(history, size)) {
    for (const call of history.calls) {
      const { id, start, end, request, outcome } = call;
      if (call.node !== node || request.op === 'subscribe' || start >= to || end <= from) continue;
      const by = Math.max(start, from) + promised + slack;
      if (end > by && to > by && end !== Infinity) {
        const what = `${id} (${request.op}) took ${Math.round(end - start)} ms on node${node + 1}, which could reach no majority`;
        findings.add({ promise: 'G9', kind: 'late', what, at: start });
      }
      // What reads or writes the store can't be done without the others.
      if (outcome === 'ok' && request.op !== 'status' && start > from + noticing && end < to) {
        const what = `${id} (${request.op}) was answered by node${node + 1}, which could reach no majority`;
        findings.add({ promise: 'G9', kind: 'alone', what, at: start });
      }
    }
  }
}

/** Nodes that run and can reach no majority, each with the time in which that is certain. */
function helplessTimes(history: History, size: number): (Span & { readonly node: number })[] {
  const held = heldFaults(history).filter(({ kind }) => ['kill', 'pause', 'cut'].includes(kind));
  const moments = [...new Set(held.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const times: { node: number; from: number; to: number }[] = [];
  for (const [i, from] of moments.entries()) {
    const to = moments[i + 1] ?? Infinity;
    const now = held.filter((fault) => fault.from <= from && fault.to >= to);
    const gone = new Set(now.flatMap(({ nodes }) => nodes));
    const lost = size - gone.size <= size / 2;
    for (let node = 0; node < size; node += 1) {
      const own = now.filter(({ nodes }) => nodes.includes(node)).map(({ kind }) => kind);
      const runs = !own.includes('kill') && !own.includes('pause');
      if (!runs || !(own.includes('cut') || lost)) continue;
      const before = times.find((time) => time.node === node && time.to === from);
      if (before) before.to = to;
      else times.push({ node, from, to });
    }
  }
  return times;
}
