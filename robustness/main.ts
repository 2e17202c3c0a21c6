// `npm run robustness`, once everything is compiled: rounds of a cluster with users and faults, each judged at its end.
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Expected } from './checker/assumptions.js';
import { kindsHeld, longRound, neverHeld } from './checker/assumptions.js';
import { check } from './checker/check.js';
import type { Report } from './checker/check.js';
import { readHistory } from './history/history.js';
import type { History } from './history/history.js';
import { storedRounds } from './history/stored-rounds.js';
import type { StoredRound } from './history/stored-rounds.js';
import { buildMutant } from './mutants/build-mutant.js';
import { mutants } from './mutants/mutants.js';
import type { Mutant } from './mutants/mutants.js';
import { readOptions, usage } from './options.js';
import type { Options } from './options.js';
import { summary } from './report/summary.js';
import { timeline } from './report/timeline.js';
import { Round } from './run/round.js';
import type { RoundOptions } from './run/round.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
/** Minutes: longer runs are cut into rounds, each with a seed and a cluster of its own. */
const longestRound = 5;
/** Rounds until a mutant counts as not found: what it does may need a moment that not every round has. */
const triesOfMutant = 3;

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

type Played = {
  /** Empty: nothing. */
  readonly found: readonly string[];
  /** Kinds of faults that were in force. */
  readonly held: ReadonlySet<string>;
};

async function playRound(
  options: Options,
  seed: number,
  minutes: number,
  { program, visitors }: Pick<RoundOptions, 'program' | 'visitors'>,
): Promise<Played> {
  const folder = await folderFor(options, seed);
  const began = performance.now();
  const after = () => `${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s`;
  tell(`seed ${seed}: ${options.nodes} nodes, ${minutes} min, faults ${options.faults.join(', ')}`);
  const { nodes, faults } = options;
  const duration = minutes * 60_000;
  const round = { seed, nodes, duration, faults, visitors, folder, program };
  const { histories, logs, trouble } = await Round.run({
    ...round,
    tell: (line) => tell(`${after()}  ${line}`),
  });
  const history = await readHistory(histories);
  const { findings } = judge(history, { nodes, duration, kinds: faults });
  const found = [...trouble.map((one) => `run: ${one}`), ...findings.lines];
  if (found.length === 0 && !options.keep) {
    await rm(folder, { recursive: true, force: true });
    return { found, held: kindsHeld(history) };
  }
  await writeFile(join(folder, 'timeline.svg'), timeline(history, nodes, findings.all));
  const head = [`seed ${seed}`, ...summary(history)];
  await writeFile(join(folder, 'report.txt'), [...head, ...found, ''].join('\n'));
  for (const [i, log] of logs.entries())
    await copyFile(log, join(folder, `node${i + 1}.log`)).catch(() => undefined);
  // The data is large, and what it held is in the history.
  await rm(join(folder, 'data'), { recursive: true, force: true });
  for (const line of found) tell(`  ${line}`);
  tell(`  report, histories, logs and timeline.svg are in ${folder}`);
  return { found, held: kindsHeld(history) };
}

function judge(history: History, expected: Expected): Report {
  const report = check(history, expected);
  for (const line of summary(history)) tell(`  ${line}`);
  tell(`  ${report.judged} times with faults in which it could be judged whether the others go on`);
  if (report.judged === 0 && expected.duration >= longRound)
    tell('  NOT JUDGED: a long round that shows nothing of whether the others go on (G2)');
  return report;
}

/** Judges again what rounds have left, and changes nothing there. Returns the exit status. */
async function judgeStored(
  { nodes, faults: kinds }: Options,
  rounds: readonly StoredRound[],
): Promise<number> {
  const failed: string[] = [];
  const held: ReadonlySet<string>[] = [];
  for (const round of rounds) {
    tell(round.folder);
    const history = await readHistory(round.histories);
    const begin = history.noted('calls') ?? 0;
    const duration = (history.noted('healed') ?? begin) - begin;
    const { lines } = judge(history, { nodes, duration, kinds }).findings;
    for (const line of lines) tell(`  ${line}`);
    if (lines.length > 0) failed.push(round.folder);
    held.push(kindsHeld(history));
  }
  return conclude(failed, neverHeld(kinds, held));
}

/** Says how all rounds together have ended. `missing`: kinds of faults that were to happen. Returns the exit status. */
function conclude(failed: readonly string[], missing: readonly string[]): number {
  if (missing.length > 0) tell(`in none of the rounds was there the fault ${missing.join(', ')}`);
  tell(failed.length === 0 ? 'nothing was found' : `found something with ${failed.join(', ')}`);
  return failed.length === 0 && missing.length === 0 ? 0 : 1;
}

async function folderFor({ folder }: Options, seed: number): Promise<string> {
  if (folder === undefined) return mkdtemp(join(tmpdir(), `holdfast-robustness-${seed}-`));
  const path = join(folder, `seed-${seed}`);
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  return path;
}

/** Mutants that are to be tried; none: the server as it is. */
function mutantsOf({ mutant: name }: Options): readonly Mutant[] {
  if (name === undefined) return [];
  if (name === 'all') return mutants;
  const mutant = mutants.find((one) => one.name === name);
  if (!mutant) throw new Error(`--mutant: ${name} is none of ${mutants.map((one) => one.name).join(', ')}`);
  return [mutant];
}

/** Whether each one is found out: its changed server must break one of the promises that it is made to break. */
async function tryMutants(options: Options, tried: readonly Mutant[]): Promise<number> {
  const lines: string[] = [];
  let survivors = 0;
  for (const mutant of tried) {
    tell(`mutant ${mutant.name}: ${mutant.does}`);
    const program = buildMutant(mutant, root);
    let line = `${mutant.name}: NOT FOUND`;
    for (let i = 0; i < triesOfMutant && line.endsWith('NOT FOUND'); i += 1) {
      const seed = options.seed + i;
      const { faults, visitors } = mutant;
      const server = { program, visitors };
      const { found } = await playRound({ ...options, faults }, seed, options.minutes, server);
      const by = found.filter((one) => mutant.breaks.some((promise) => one.startsWith(`${promise} `)));
      const kinds = [...new Set(by.map((one) => one.slice(0, one.indexOf(':'))))];
      if (kinds.length > 0) line = `${mutant.name}: ${kinds.join(', ')} (round ${i + 1})`;
    }
    if (line.endsWith('NOT FOUND')) survivors += 1;
    tell(line);
    lines.push(line);
  }
  tell(['', ...lines, `${tried.length - survivors} of ${tried.length} mutants were found`].join('\n'));
  return survivors;
}

async function main(): Promise<number> {
  let options;
  let tried;
  let stored;
  try {
    options = readOptions(process.argv.slice(2));
    tried = mutantsOf(options);
    stored = options.check === undefined ? undefined : await storedRounds(options.check);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`);
    return 2;
  }
  if (stored) return judgeStored(options, stored);
  if (tried.length > 0) return (await tryMutants(options, tried)) === 0 ? 0 : 1;
  const program = join(root, 'bin', 'holdfast.js');
  const rounds = Math.ceil(options.minutes / longestRound);
  const failed: string[] = [];
  const kinds: ReadonlySet<string>[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const seed = (options.seed + i) % 2 ** 32;
    const { found, held } = await playRound(options, seed, options.minutes / rounds, { program });
    if (found.length > 0) failed.push(`--seed ${seed}`);
    kinds.push(held);
  }
  return conclude(failed, neverHeld(options.faults, kinds));
}

process.exitCode = await main();
