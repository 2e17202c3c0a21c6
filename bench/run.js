// `npm run bench`: measures every figure beside its floor and writes text, JSON and plots. bench/README.md says what
// each figure means. A benchmark is no test: it ends with status 0 also when an aim is missed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { provideEtcd } from '../scripts/debian-tool.js';
import { root, setUp } from '../scripts/setup.js';

setUp();
const etcd = provideEtcd();
if (etcd) process.env.PATH = `${etcd}:${process.env.PATH}`;

const { figures } = await import('./figures.js');
const { describeMachine } = await import('./report/machine.js');
const { figurePlot, overviewPlot } = await import('./report/plots.js');
const { figureText, machineText, reportText, verdict } = await import('./report/text.js');
const { Testbed, sizes } = await import('./testbed/testbed.js');

const usage = `npm run bench -- [options]
  --list           names the figures
  --only A,B       measures these figures only
  --rounds N       rounds of each figure (default 5)
  --scale SIZE     full (default); medium: a tenth of messages and subscribers; small: to try whether a figure
                   works, its numbers mean nothing
  --out DIR        where report.txt, results.json and the plots go (default bench/results/TIME)
  --json FILE      writes the JSON there too`;

function refuse(sentence) {
  process.stderr.write(`bench: ${sentence}\n${usage}\n`);
  process.exit(2);
}

function readOptions() {
  const options = {
    list: { type: 'boolean' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: 'full' },
    out: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean' },
  };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(error.message);
  }
}

function choose(only) {
  if (only === undefined) return figures.filter(({ onlyWhenNamed }) => !onlyWhenNamed);
  return only.split(',').map((id) => {
    const figure = figures.find((one) => one.id === id);
    return figure ?? refuse(`there is no figure ${id}`);
  });
}

async function measure(figure, testbed, options) {
  const begin = performance.now();
  const measured = { id: figure.id, title: figure.title, rows: [] };
  try {
    const rows = await figure.measure(testbed, options);
    measured.rows = rows.map((row) => row.summary());
  } catch (error) {
    // The others are still worth having.
    process.stderr.write(`${error.stack}\n`);
    measured.error = error.message;
  }
  return { ...measured, seconds: (performance.now() - begin) / 1_000 };
}

function write(folder, name, text) {
  const path = resolve(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const { list, only, rounds, scale, out, json, help } = readOptions();
if (help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
if (list) {
  for (const { id, title, about } of figures) process.stdout.write(`${id.padEnd(18)} ${title}: ${about}\n`);
  process.exit(0);
}
if (!/^[1-9]\d*$/.test(rounds)) refuse('--rounds is a whole number from 1');
if (!Object.hasOwn(sizes, scale)) refuse(`--scale is one of ${Object.keys(sizes).join(', ')}`);
const chosen = choose(only);
const options = { rounds: Number(rounds), size: scale };
const machine = describeMachine();
const folder = out ?? join(root, 'bench', 'results', new Date().toISOString().replaceAll(/[:.]/g, '-'));

process.stdout.write(`${machineText(machine)}\n\n`);
const testbed = new Testbed(options);
for (const signal of ['SIGINT', 'SIGTERM']) {
  // What figures have started ends with this program (testbed/answers.js); what they share is also removed.
  process.once(signal, () => void testbed.close().finally(() => process.exit(1)));
}
const measured = [];
try {
  for (const figure of chosen) {
    process.stderr.write(`${figure.title} …\n`);
    const result = await measure(figure, testbed, options);
    measured.push(result);
    process.stdout.write(`${figureText(result)}\n\n`);
  }
} finally {
  await testbed.close();
}
const result = { format: 'holdfast-bench', version: 1, machine, options };
const whole = { ...result, finished: new Date().toISOString(), figures: measured };
write(folder, 'results.json', `${JSON.stringify(whole, undefined, 2)}\n`);
write(folder, 'report.txt', reportText(whole));
const plotted = measured.filter(({ rows }) => rows.length > 0);
if (plotted.length > 0) write(folder, 'overview.svg', overviewPlot(plotted));
for (const figure of plotted) write(folder, `${figure.id}.svg`, figurePlot(figure));
if (json !== undefined) write('.', json, `${JSON.stringify(whole, undefined, 2)}\n`);
process.stdout.write(`${verdict(measured)}\n${folder}: report.txt, results.json and the plots\n`);
// With what a figure that failed may have left running (testbed/answers.js).
process.exit(0);
