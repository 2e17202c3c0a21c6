import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { faultKinds } from './faults/fault.js';
import type { FaultKind } from './faults/fault.js';

export type Options = {
  readonly minutes: number;
  readonly seed: number;
  readonly nodes: number;
  readonly faults: readonly FaultKind[];
  /** A fault built into the server, which must be found, or `all`; undefined: the server as it is. */
  readonly mutant: string | undefined;
  /** Where everything that a round leaves goes. */
  readonly folder: string | undefined;
  /** Also of rounds that found nothing. */
  readonly keep: boolean;
  /** A folder that a round has left, or one of such folders: judged again, and nothing is run. */
  readonly check: string | undefined;
};

export const usage = `npm run robustness -- [--minutes 2] [--seed N] [--nodes 5] [--faults ${faultKinds.join(',')}]
  [--mutant NAME|all] [--folder PATH] [--keep] [--check PATH]`;

/** Runs that are shorter have no time for it, unless it is asked for. */
const minutesForQuota = 4;

/** Throws an Error that says what is wrong. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string' },
      nodes: { type: 'string', default: '5' },
      faults: { type: 'string' },
      mutant: { type: 'string' },
      folder: { type: 'string' },
      keep: { type: 'boolean', default: false },
      check: { type: 'string' },
    },
  });
  const minutes = number('minutes', values.minutes, 0.1, 24 * 60);
  return {
    minutes,
    seed: values.seed === undefined ? randomInt(2 ** 31) : number('seed', values.seed, 0, 2 ** 32 - 1),
    nodes: number('nodes', values.nodes, 1, 9),
    faults:
      readFaults(values.faults) ??
      faultKinds.filter(
        (kind) => kind !== 'quota' || minutes >= minutesForQuota || values.check !== undefined,
      ),
    mutant: values.mutant,
    folder: values.folder,
    keep: values.keep,
    check: values.check,
  };
}

function readFaults(text: string | undefined): FaultKind[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((name) => {
    const kind = faultKinds.find((one) => one === name.trim());
    if (!kind) throw new Error(`--faults: ${name} is none of ${faultKinds.join(', ')}`);
    return kind;
  });
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  const whole = name === 'minutes' || Number.isInteger(value);
  if (text.trim() === '' || !whole || !(value >= least && value <= most))
    throw new Error(`--${name}: must be a number from ${least} to ${most}`);
  return value;
}
