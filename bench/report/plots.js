// The result as pictures: one of all ratios against their aims, and one of each figure with every round.
import { scaleLinear, scaleLog, scalePoint } from 'd3-scale';
import { bottomAxis, circle, colors, document, leftAxis, line, text } from './svg.js';
import { aimText, number } from './text.js';

const width = 900;
const rowHeight = 34;

/** Above 1: better than the aim by so many times. */
function merits({ aims: [aim], rounds }) {
  const judged = rounds.map(({ value, ratio }) => ratio ?? value);
  return judged.map((ratio) => (aim.atLeast === undefined ? aim.atMost / ratio : ratio / aim.atLeast));
}

/** Every row with an aim: its median, its rounds and their spread, in parts of what was aimed at. */
export function overviewPlot(figures) {
  const rows = figures.flatMap(({ rows }) => rows).filter(({ aims }) => aims.length > 0);
  const shown = rows
    .map((row) => ({ row, merits: merits(row).sort((a, b) => a - b) }))
    .filter(({ merits: all }) => all.every((merit) => merit > 0 && Number.isFinite(merit)));
  const all = shown.flatMap(({ merits: of }) => of);
  const left = 330;
  const bottom = 50 + shown.length * rowHeight;
  const x = scaleLog([Math.min(0.5, ...all) * 0.9, Math.max(2, ...all) * 1.1], [left, width - 90]);
  const format = (tick) => (/^[125]/.test(String(tick).replace(/^0\.0*/, '')) ? number(tick) : '');
  const lines = shown.map(({ row, merits: of }, i) => {
    const y = 60 + i * rowHeight;
    const middle = of[of.length >> 1];
    const color = row.aims[0].reached ? colors.good : colors.bad;
    return [
      text(left - 12, y + 4, row.name, { textAnchor: 'end', fontSize: 11 }),
      line(x(of[0]), y, x(of.at(-1)), y, { stroke: color, strokeWidth: 2 }),
      ...of.map((merit) => circle(x(merit), y, 2.5, { fill: color, fillOpacity: 0.5 })),
      circle(x(middle), y, 5, { fill: color }),
      text(width - 80, y + 4, row.aims[0].reached ? 'reached' : 'missed', { fill: color }),
    ].join('');
  });
  return document(
    width,
    bottom + 46,
    'Every figure against its aim',
    text(16, 24, 'Every figure against its aim', { fontSize: 16, fontWeight: 600 }),
    bottomAxis(x, 40, bottom, 8, format),
    line(x(1), 40, x(1), bottom, { stroke: colors.text, strokeDasharray: '4 3' }),
    text(left, bottom + 36, 'times as good as aimed at: to the right of the broken line is reached', {
      fontSize: 11,
    }),
    ...lines,
  );
}

/** One figure: of each row, figure and floor of every round side by side. */
export function figurePlot({ title, rows }) {
  const panel = 190;
  const height = 44 + rows.length * panel;
  const panels = rows.map((row, i) => rowPanel(row, 44 + i * panel, panel));
  return document(width, height, title, text(16, 24, title, { fontSize: 16, fontWeight: 600 }), ...panels);
}

function rowPanel({ name, unit, floor, rounds, value, floorValue, ratio, aims }, top, height) {
  const left = 80;
  const right = width - 330;
  const bottom = top + height - 44;
  const largest = Math.max(value.max, floorValue?.max ?? 0);
  const y = scaleLinear([0, largest * 1.1 || 1], [bottom, top + 26]);
  const x = scalePoint(
    rounds.map((_, i) => i + 1),
    [left, right],
  ).padding(0.6);
  const dots = (of, color, shift) =>
    rounds.map((round, i) => circle(x(i + 1) + shift, y(round[of]), 4.5, { fill: color })).join('');
  const medianLine = (at, color) =>
    line(left, y(at), right, y(at), { stroke: color, strokeDasharray: '5 4', strokeOpacity: 0.8 });
  const legend = [
    [`${name}: ${number(value.median)} ${unit}`, colors.figure],
    ...(floor === undefined ? [] : [[`${floor}: ${number(floorValue.median)} ${unit}`, colors.floor]]),
  ];
  const said = [
    ...(ratio ? [`ratio ${number(ratio.median)} (${number(ratio.min)}–${number(ratio.max)})`] : []),
    ...aims.map((aim) => `${aim.reached ? 'reached' : 'missed'}: ${aimText(aim)}`),
  ];
  return [
    leftAxis(y, left, right),
    ...rounds.map((_, i) => text(x(i + 1), bottom + 16, String(i + 1), { textAnchor: 'middle' })),
    text(left, bottom + 32, 'round', { fontSize: 11 }),
    text(left, top + 14, unit, { fontSize: 11 }),
    medianLine(value.median, colors.figure),
    dots('value', colors.figure, -5),
    ...(floor === undefined
      ? []
      : [medianLine(floorValue.median, colors.floor), dots('floor', colors.floor, 5)]),
    ...legend.map(([words, color], i) =>
      text(right + 16, top + 40 + i * 18, words, { fill: color, fontSize: 11 }),
    ),
    ...said.map((words, i) => text(right + 16, top + 84 + i * 18, words, { fontSize: 11 })),
  ].join('');
}
