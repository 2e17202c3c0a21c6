// `npm run bench:scale`: whether what docs/scale.md claims of many cells holds in a simulation. Options: --seed, --seconds,
// --cells, --slots, --conversations, --out DIR (default bench/results/scale). The same options give the same numbers.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { number } from '../report/text.js';
import { scalePlot } from './plot.js';
import { agrees, scenarios, usual } from './scenarios.js';

const names = Object.keys(usual);
const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    ...Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
  },
});
const given = names.filter((name) => values[name] !== undefined);
const options = { ...usual, ...Object.fromEntries(given.map((name) => [name, Number(values[name])])) };
if (Object.values(options).some((value) => !Number.isInteger(value) || value < 1)) {
  process.stderr.write(`scale: ${names.map((name) => `--${name}`).join(', ')} are whole numbers from 1\n`);
  process.exit(2);
}
const folder = values.out ?? fileURLToPath(new URL('../results/scale', import.meta.url));

const runs = [];
for (const [name, scenario] of Object.entries(scenarios)) {
  const { rows, world, marks } = scenario(options);
  runs.push({ name, rows, world, marks });
  process.stdout.write(`${name}${world ? `: ${number(world.offered)} sends` : ''}\n`);
  for (const row of rows) process.stdout.write(`  ${rowText(row)}\n`);
}
mkdirSync(folder, { recursive: true });
const told = runs.map(({ name, rows }) => ({ name, rows }));
writeFileSync(join(folder, 'scale.json'), `${JSON.stringify({ options, scenarios: told }, undefined, 2)}\n`);
const drawn = runs.filter(({ world }) => world !== undefined);
writeFileSync(join(folder, 'scale.svg'), scalePlot(drawn, options));
process.stdout.write(`${folder}: scale.json, scale.svg\n`);

function rowText(row) {
  const { name, model, simulated } = row;
  const said = `${name}: ${number(simulated)}`;
  if (model === undefined) return said;
  return `${said}; by the model ${number(model)}: ${agrees(row) ? 'agrees' : 'DIFFERS'}`;
}
