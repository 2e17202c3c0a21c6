// What happened in the cells over time, for each scenario: the sends that each acknowledged, and how long they took.
import { scaleLinear, scaleLog } from 'd3-scale';
import { bottomAxis, document, leftAxis, line, palette, path, text } from '../report/svg.js';
import { quantile } from '../report/statistics.js';

const width = 980;
const panel = 250;
/** Milliseconds that are counted together. */
const step = 1_000;

/** `runs`: [{ name, world, marks }]. */
export function scalePlot(runs, options) {
  const title = `${options.cells} cells, ${options.slots.toLocaleString('en-US')} slots, seed ${options.seed}`;
  return document(
    width,
    50 + runs.length * panel,
    title,
    text(16, 26, title, { fontSize: 16, fontWeight: 600 }),
    ...runs.map((run, i) => scenarioPanel(run, 50 + i * panel)),
  );
}

function scenarioPanel({ name, world, marks }, top) {
  const seconds = world.until / 1_000;
  const bottom = top + panel - 50;
  const buckets = bucketsOf(world);
  const rates = world.cells.map(({ id }) =>
    buckets.map((sends) => sends.filter(({ cell }) => cell === id).length),
  );
  const perSecond = rates.map((counts) => counts.map((count) => (count * 1_000) / step));
  const slow = buckets.map((sends) =>
    sends.length === 0 ? undefined : quantile(sends.map(latencyOf), 0.99),
  );

  const [rateLeft, rateRight] = [60, 470];
  const rateX = scaleLinear([0, seconds], [rateLeft, rateRight]);
  const rateY = scaleLinear([0, Math.max(...perSecond.flat()) * 1.1], [bottom, top + 30]);
  const at = (i) => ((i + 0.5) * step) / 1_000;
  const lines = perSecond.map((values, cell) =>
    path(
      values.map((value, i) => [rateX(at(i)), rateY(value)]),
      { stroke: palette[cell % palette.length], strokeWidth: 1.4, strokeOpacity: 0.8 },
    ),
  );

  const [slowLeft, slowRight] = [560, 960];
  const slowX = scaleLinear([0, seconds], [slowLeft, slowRight]);
  const known = slow.filter((value) => value !== undefined);
  const slowY = scaleLog([Math.min(10, ...known), Math.max(100, ...known) * 1.3], [bottom, top + 30]);
  const points = slow.flatMap((value, i) => (value === undefined ? [] : [[slowX(at(i)), slowY(value)]]));
  const powers = (tick) => (Number.isInteger(Math.log10(tick)) ? tick.toLocaleString('en-US') : '');
  return [
    text(16, top + 12, name, { fontWeight: 600 }),
    text(rateLeft, top + 26, 'sends a second, of each cell', { fontSize: 11 }),
    leftAxis(rateY, rateLeft, rateRight),
    bottomAxis(rateX, top + 30, bottom),
    ...lines,
    text(slowLeft, top + 26, 'latency, ms, 99th percentile of all cells', { fontSize: 11 }),
    leftAxis(slowY, slowLeft, slowRight, 3, powers),
    bottomAxis(slowX, top + 30, bottom),
    path(points, { stroke: palette[0], strokeWidth: 1.6 }),
    text(rateLeft, bottom + 32, 'seconds', { fontSize: 11 }),
    ...marks.flatMap(({ at: time, words }, i) =>
      [rateX, slowX].map((x) => mark(x(time / 1_000), top + 30, bottom, x === rateX ? words : '', i)),
    ),
  ].join('');
}

function mark(x, top, bottom, words, i) {
  const dashed = { stroke: '#444', strokeDasharray: '4 3' };
  return line(x, top, x, bottom, dashed) + text(x + 4, bottom - 6 - 14 * i, words, { fontSize: 11 });
}

function latencyOf({ latency }) {
  return latency;
}

/** What was acknowledged, by time; the tail after the last send left out. */
function bucketsOf({ acknowledged, until }) {
  const buckets = Array.from({ length: Math.floor(until / step) }, () => []);
  for (const send of acknowledged) buckets[Math.floor(send.at / step)]?.push(send);
  return buckets;
}
