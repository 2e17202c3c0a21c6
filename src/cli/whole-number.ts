import { InvalidArgumentError } from 'commander';

/** For options and arguments of commands. Throws InvalidArgumentError, which ends the command with the status 2. */
export function wholeNumber(text: string): number {
  return numberFrom(0, text);
}

/** How many are wanted: of none, nothing could be told. Throws InvalidArgumentError. */
export function countFrom1(text: string): number {
  return numberFrom(1, text);
}

function numberFrom(least: number, text: string): number {
  if (/^\d{1,15}$/.test(text) && Number(text) >= least) return Number(text);
  throw new InvalidArgumentError(`It must be a whole number from ${least}.`);
}
