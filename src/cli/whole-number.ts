import { InvalidArgumentError } from 'commander';

/** For options and arguments of commands. Throws InvalidArgumentError, which ends the command with the status 2. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 0.');
  return Number(text);
}
