import { delayOf, dueAfter } from './rate-limit.js';
import type { Rate } from './rate-limit.js';
import type { LoginsRecord } from './records.js';
import type { Time } from './types.js';

const second = 1_000;
const minute = 60 * second;
/** Wrong passwords from one place that cost no waiting. */
const free = 5;
/** The longest wait after one more; a place that the owner has logged in from is given less. */
const longest = { stranger: 15 * minute, known: minute };
/** Wrong passwords are forgotten after this long without another one. */
const memory = 24 * 60 * minute;
/** Places of each kind that are remembered of one account. */
const maxPlaces = 16;
/** Wrong passwords from all places together that the owner has not logged in from. */
const strangers: Rate = { burst: 100, perMinute: 1 };

type Place = {
  /** Hash of account and place. */
  readonly name: string;
  /** The owner has logged in from there. */
  readonly known: boolean;
  /** Wrong passwords since the last right one. */
  readonly failures: number;
  /** Of the last change. */
  readonly time: Time;
};

/** Where passwords for an account came from of late. */
export type Logins = {
  /** The one that was used last stands last. */
  readonly places: readonly Place[];
  /** When all wrong passwords from places that are not known are made up for. */
  readonly strangersDue: Time;
};

export const noLogins: Logins = { places: [], strangersDue: 0 };

/** Milliseconds that a login from a place has to wait; 0: it may be tried now. */
export function loginDelay(logins: Logins, name: string, now: Time): number {
  const place = logins.places.find((one) => one.name === name);
  const own = place ? ownDelay(place, now) : 0;
  return place?.known ? own : Math.max(own, delayOf(strangers, logins.strangersDue, now));
}

/** Whether the owner has logged in from there. */
export function isKnown({ places }: Logins, name: string): boolean {
  return places.some((place) => place.known && place.name === name);
}

/** Once a password from there was wrong. `known`: the place is the owner's own, such as one of its sessions. */
export function afterFailure(logins: Logins, name: string, now: Time, known = false): Logins {
  const before = logins.places.find((one) => one.name === name);
  const failures = (before && remembered(before, now) ? before.failures : 0) + 1;
  const place = { name, known: before?.known ?? known, failures, time: now };
  const { strangersDue } = logins;
  return {
    places: withPlace(logins.places, place),
    strangersDue: place.known ? strangersDue : dueAfter(strangers, strangersDue, now),
  };
}

/** Once a password from there was right; undefined: they say so already. */
export function afterSuccess(logins: Logins, name: string, now: Time): Logins | undefined {
  const before = logins.places.find((one) => one.name === name);
  if (before?.known && before.failures === 0 && now - before.time < memory) return undefined;
  return { ...logins, places: withPlace(logins.places, { name, known: true, failures: 0, time: now }) };
}

function ownDelay(place: Place, now: Time): number {
  const { failures, time, known } = place;
  const elapsed = now - time;
  // A time to come is another node's clock that is ahead, or this one's that was set back: nobody waits for it.
  if (failures < free || elapsed < 0 || !remembered(place, now)) return 0;
  const full = Math.min(
    known ? longest.known : longest.stranger,
    second * 2 ** Math.min(failures - free, 20),
  );
  return Math.max(0, full - elapsed);
}

function remembered({ time }: Place, now: Time): boolean {
  return now - time < memory;
}

/** The newest of each kind: strangers never push out what is known. */
function withPlace(places: readonly Place[], place: Place): readonly Place[] {
  const others = places.filter(({ name }) => name !== place.name);
  const all = [...others, place];
  const surplus = all.filter(({ known }) => known === place.known).slice(0, -maxPlaces);
  return all.filter((one) => !surplus.includes(one));
}

export function decodeLogins({ names, known, failures, times, strangersDue }: LoginsRecord): Logins {
  const places = names.map((name, i) => ({
    name,
    known: known[i] ?? false,
    failures: failures[i] ?? 0,
    time: times[i] ?? 0,
  }));
  return { places, strangersDue };
}

export function encodeLogins({ places, strangersDue }: Logins): LoginsRecord {
  return {
    names: places.map(({ name }) => name),
    known: places.map(({ known }) => known),
    failures: places.map(({ failures }) => failures),
    times: places.map(({ time }) => time),
    strangersDue,
  };
}
