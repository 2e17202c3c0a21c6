import type { History } from '../history/history.js';
import { heldFaults } from '../checker/refusals.js';

/** What happened, in a few lines. */
export function summary(history: History): string[] {
  const outcomes = { ok: 0, refused: 0, unknown: 0 };
  for (const { outcome } of history.calls) outcomes[outcome] += 1;
  const operations = count(
    history.calls.filter(({ outcome }) => outcome === 'ok').map(({ request }) => request.op),
  );
  const faults = count(heldFaults(history).map(({ kind }) => kind));
  const together = mostAtOnce(history);
  return [
    `${history.calls.length} calls: ${outcomes.ok} ok, ${outcomes.refused} refused, ${outcomes.unknown} unknown; ${history.events.length} events`,
    `done: ${told(operations)}`,
    `faults: ${told(faults)}; nodes gone at a time: ${together} at most`,
  ];
}

function count(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function told(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, number]) => `${name} ${number}`).join(', ') || 'none';
}

function mostAtOnce(history: History): number {
  const held = heldFaults(history).filter(({ stops }) => stops);
  const sizes = held.map(({ from }) => {
    const now = held.filter((fault) => fault.from <= from && fault.to > from);
    return new Set(now.flatMap(({ nodes }) => nodes)).size;
  });
  return Math.max(0, ...sizes);
}
