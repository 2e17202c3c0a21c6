import { pack, unpack } from 'msgpackr';
import { StoreError } from '../kv/store-error.js';

type Kind<T> = (value: unknown) => value is T;

export const kinds = {
  text: (value: unknown): value is string => typeof value === 'string',
  number: (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value),
  flag: (value: unknown): value is boolean => typeof value === 'boolean',
  maybe:
    <T>(kind: Kind<T>): Kind<T | null> =>
    (value): value is T | null =>
      value === null || kind(value),
  listOf:
    <T>(kind: Kind<T>): Kind<readonly T[]> =>
    (value): value is readonly T[] =>
      Array.isArray(value) && value.every(kind),
  oneOf:
    <T extends string>(...names: readonly T[]): Kind<T> =>
    (value): value is T =>
      (names as readonly unknown[]).includes(value),
};

const byteOrderMark = '\ufeff';

/**
 * msgpackr without its native part drops a byte order mark at the start of a text when it reads it: such a text is
 * stored as bytes.
 */
function markSafe(value: unknown): unknown {
  return typeof value === 'string' && value.startsWith(byteOrderMark) ? Buffer.from(value) : value;
}

function fromMarkSafe(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : value;
}

/** How values of one type are stored: MessagePack of `[version, field, field, …]`. */
export type RecordType<T> = {
  /** `version`: an older form, for who does not know the newest. Default: the newest. */
  encode(record: T, version?: number): Uint8Array;
  /** Of any version up to the newest. Throws `CORRUPT` for bytes that `encode` does not make. */
  decode(bytes: Uint8Array): T;
};

/** Fields that a version has added, with what records of before have in their place. */
type Added<T> = { readonly [K in keyof T]?: { readonly since: number; readonly before: T[K] } };

/** Fields are stored in the order given: add at the end with a new version, never reorder. */
export function defineRecord<T extends object>(
  name: string,
  version: number,
  fields: { readonly [K in keyof T]-?: Kind<T[K]> },
  added: Added<T> = {},
): RecordType<T> {
  const names = Object.keys(fields) as (keyof T)[];
  const checks = names.map((field) => fields[field]);
  /** The names in each version, from 1. */
  const versions = Array.from({ length: version }, (_, i) =>
    names.filter((field) => (added[field]?.since ?? 1) <= i + 1),
  );
  const later = Object.fromEntries(
    Object.entries(added).map(([field, one]) => [field, (one as { before: unknown }).before]),
  );
  return {
    encode: (record, as = version) =>
      pack([as, ...(versions[as - 1] ?? names).map((field) => markSafe(record[field]))]),
    decode: (bytes) => {
      let values: unknown;
      try {
        values = unpack(bytes);
      } catch (cause) {
        throw new StoreError('CORRUPT', `a stored ${name} can not be decoded`, { cause });
      }
      const stored: unknown = Array.isArray(values) ? values[0] : undefined;
      const there = typeof stored === 'number' ? versions[stored - 1] : undefined;
      if (!Array.isArray(values) || !there || values.length !== there.length + 1) {
        throw new StoreError('CORRUPT', `a stored ${name} is not of version ${version}`);
      }
      const record = (stored === version ? {} : { ...later }) as Partial<T>;
      for (let i = 0; i < there.length; i += 1) {
        const value = fromMarkSafe(values[i + 1]);
        const field = names[i];
        if (field === undefined || !checks[i]?.(value)) {
          throw new StoreError('CORRUPT', `the ${String(field)} of a stored ${name} is malformed`);
        }
        record[field] = value;
      }
      return record as T;
    },
  };
}
