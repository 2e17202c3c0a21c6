import type { MemberStatus } from './member-status.js';

/**
 * `warn`: an operator should act. `full`: only what frees space may still be written; what is left up to the
 * quota is kept for that. At the quota, etcd itself refuses every put.
 */
export type SpaceLevel = 'ok' | 'warn' | 'full';

export type SpaceStatus = {
  /** Of the member's database file: what etcd holds against the quota. */
  readonly sizeBytes: number;
  /** Of it, what holds data. */
  readonly inUseBytes: number;
  readonly quotaBytes: number;
  readonly level: SpaceLevel;
};

/** Parts of the quota. */
const warnAt = 0.7;
const fullAt = 0.9;
/** Bytes that are kept for deleting at least, but for a sixth of a small quota. */
const reserve = 4 * 1_024 * 1_024;
/** A level is left this much below where it was reached: at the edge, it does not come and go. */
const hysteresis = 0.03;

/** `before`: the level so far. */
export function spaceStatus(status: MemberStatus, quotaBytes: number, before: SpaceLevel): SpaceStatus {
  const { sizeBytes, inUseBytes } = status;
  const used = sizeBytes / quotaBytes;
  const alarmed = status.alarms.some(({ type }) => type === 'NOSPACE');
  const isFull = alarmed || used >= fullPart(quotaBytes) - (before === 'full' ? hysteresis : 0);
  const level = isFull ? 'full' : used >= warnAt - (before === 'ok' ? 0 : hysteresis) ? 'warn' : 'ok';
  return { sizeBytes, inUseBytes, quotaBytes, level };
}

/** Whether the file has enough room again for the alarm of its member to end. */
export function isRelieved({ sizeBytes, quotaBytes }: SpaceStatus): boolean {
  return sizeBytes / quotaBytes < fullPart(quotaBytes);
}

/** The part of the quota at which a file is full. */
function fullPart(quotaBytes: number): number {
  return Math.min(fullAt, 1 - Math.min(reserve / quotaBytes, 1 / 6));
}

/** Whether history should go sooner than usual: before the warning, so that it need not come. */
export function isTight({ sizeBytes, quotaBytes }: SpaceStatus): boolean {
  return sizeBytes / quotaBytes >= warnAt - 0.1;
}

/**
 * Whether to write the database anew, which returns its free pages. The member answers nothing meanwhile, so
 * it must give back much, unless space is short or nothing was given back for long: deleted texts stay in
 * free pages.
 */
export function defragmentationPays(space: SpaceStatus, sinceLast: number, longTime: number): boolean {
  const { sizeBytes, inUseBytes, quotaBytes, level } = space;
  const free = sizeBytes - inUseBytes;
  if (level === 'full') return free >= quotaBytes * 0.02;
  if (isTight(space)) return free >= quotaBytes * 0.1;
  if (sizeBytes >= quotaBytes * 0.1 && free >= sizeBytes * 0.5) return true;
  return sinceLast >= longTime && free >= Math.max(1_048_576, sizeBytes * 0.05);
}
