import { faultsOf } from '../checker/refusals.js';
import type { Violation } from '../checker/violation.js';
import type { History } from '../history/history.js';

const left = 170;
const laneHeight = 14;
const perSecond = 14;
const colours = { ok: '#3a9d5d', refused: '#d9a400', unknown: '#8a8a8a' };
/** Milliseconds; shorter calls are drawn as long as this, to be seen. */
const shortest = 40;

/** A picture of what each node and each client did, as SVG: faults as bands, calls as strokes, findings as red lines. */
export function timeline(history: History, size: number, violations: readonly Violation[]): string {
  const begin = history.noted('calls') ?? history.calls[0]?.start ?? 0;
  const end = history.noted('end') ?? Math.max(begin, ...history.notes.map(({ at }) => at), lastOf(history));
  const x = (at: number) => left + (Math.min(Math.max(at, begin), end) - begin) * (perSecond / 1_000);
  const clients = [...new Set(history.calls.map(({ client }) => client))].sort();
  const nodeLane = (node: number) => 40 + node * laneHeight * 2;
  const clientsTop = nodeLane(size) + 20;
  const clientLane = (client: string) => clientsTop + clients.indexOf(client) * laneHeight;
  const height = clientsTop + clients.length * laneHeight + 20;
  const width = x(end) + 20;
  const parts: string[] = [];
  for (let second = 0; second * 1_000 <= end - begin; second += 10) {
    const at = x(begin + second * 1_000);
    parts.push(line(at, 24, at, height - 10, '#e4e4e4'), label(at, 18, `${second} s`));
  }
  for (let node = 0; node < size; node += 1) parts.push(label(6, nodeLane(node) + 12, `node${node + 1}`));
  for (const { kind, nodes, from, to } of faultsOf(history)) {
    for (const node of nodes.length > 0 ? nodes : Array.from({ length: size }, (_, i) => i)) {
      const y = nodeLane(node);
      parts.push(
        bar(x(from), y, x(to) - x(from), laneHeight * 2 - 3, '#f3b7ae', kind),
        label(x(from) + 2, y + 9, kind),
      );
    }
  }
  for (const client of clients) parts.push(label(6, clientLane(client) + 10, client));
  for (const { id, client, node, start, end: ended, request, outcome, reason } of history.calls) {
    if (start < begin) continue;
    const to = Number.isFinite(ended) ? ended : start + shortest;
    const title = `${id} ${request.op} node${node + 1} ${outcome} ${reason} ${Math.round(to - start)} ms`;
    const long = Math.max(to - start, shortest) * (perSecond / 1_000);
    const colour = request.op === 'subscribe' ? '#b9d3ee' : colours[outcome];
    parts.push(bar(x(start), clientLane(client) + 2, long, laneHeight - 4, colour, title));
    if (node >= 0 && request.op !== 'subscribe')
      parts.push(bar(x(start), nodeLane(node) + laneHeight, long, laneHeight - 5, colour, title));
  }
  for (const { at, promise, kind, what } of violations.slice(0, 500)) {
    if (at !== undefined)
      parts.push(
        `<g><title>${escape(`${promise} ${kind}: ${what}`)}</title>${line(x(at), 24, x(at), height - 10, '#d00000')}</g>`,
      );
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width.toFixed(0)}" height="${height}" font-family="sans-serif" font-size="9">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function lastOf({ calls }: History): number {
  let last = 0;
  for (const { start, end } of calls) last = Math.max(last, Number.isFinite(end) ? end : start);
  return last;
}

function bar(x: number, y: number, width: number, height: number, colour: string, title: string): string {
  const box = `x="${x.toFixed(1)}" y="${y}" width="${Math.max(width, 0.5).toFixed(1)}" height="${height}"`;
  return `<rect ${box} fill="${colour}"><title>${escape(title)}</title></rect>`;
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1}" x2="${x2.toFixed(1)}" y2="${y2}" stroke="${colour}"/>`;
}

function label(x: number, y: number, text: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" fill="#333333">${escape(text)}</text>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
