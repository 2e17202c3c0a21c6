import { setImmediate } from 'node:timers/promises';

/**
 * Lets everybody else have a turn. To be called for each page of a loop over pages: an embedded store answers
 * without waiting for anything, so that reading a million messages would keep the whole node busy.
 */
export async function giveWay(): Promise<void> {
  await setImmediate();
}
