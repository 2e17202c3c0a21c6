import { InvalidArgumentError } from 'commander';

/** For options and arguments of commands. Throws InvalidArgumentError, which ends the command with the status 2. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 0.');
  return Number(text);
}

/** How many are wanted: of none, nothing could be told. Throws InvalidArgumentError. */
export function countFrom1(text: string): number {
  if (!/^\d{1,15}$/.test(text) || Number(text) === 0) {
    throw new InvalidArgumentError('It must be a whole number from 1.');
  }
  return Number(text);
}
