import fc from 'fast-check';
import type { Put, Store, Write } from '../store.js';

/** What an adapter can do beyond the port. Tests branch on these. */
export type Capabilities = {
  /** `changes` still has what was committed before the store was opened. */
  readonly feedSurvivesReopen: boolean;
};

/** One place where a store lives. */
export type StorePlace = {
  /** Opens the store; again after it was closed. */
  open(): Promise<Store>;
  remove(): Promise<void>;
};

export type Adapter = {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly createPlace: () => Promise<StorePlace>;
};

export function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

export function text(value: Uint8Array): string {
  return Buffer.from(value).toString();
}

export function put(key: string, value: string): Put {
  return { type: 'put', key: bytes(key), value: bytes(value) };
}

export function remove(key: string): Write {
  return { type: 'delete', key: bytes(key) };
}

export function range(start: string, end: string) {
  return { start: bytes(start), end: bytes(end) };
}

/** Commits writes without checks. Returns the revision. */
export async function write(store: Store, ...writes: Write[]): Promise<number> {
  const result = await store.commit({ checks: [], writes });
  if (!result.ok) throw new Error('a commit without checks was refused');
  return result.revision;
}

/** Keys and values of a range, as text. */
export async function list(store: Store, start: string, end: string): Promise<Record<string, string>> {
  const { results } = await store.read([range(start, end)]);
  return Object.fromEntries((results[0] ?? []).map(({ key, value }) => [text(key), text(value)]));
}

/** The next `count` batches after a revision. */
export async function take(store: Store, after: number, count: number) {
  const stop = new AbortController();
  const batches = [];
  for await (const batch of store.changes(after, { signal: stop.signal })) {
    batches.push(batch);
    if (batches.length === count) break;
  }
  stop.abort();
  return batches;
}

/** A few keys, so that commits meet. */
export const keyNames = ['a', 'b', 'c', 'd', 'e'] as const;

const anyName = fc.constantFrom(...keyNames);

export const anyWrite: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ key: anyName, value: fc.string() }).map(({ key, value }) => put(key, value)),
  anyName.map(remove),
  fc.tuple(anyName, anyName).map(([start, end]): Write => ({ type: 'deleteRange', ...range(start, end) })),
);

/** What is stored, by key. */
export type Model = Map<string, { readonly value: string; readonly revision: number }>;

export function apply(model: Model, writes: readonly Write[], revision: number): void {
  for (const one of writes) {
    if (one.type === 'put') model.set(text(one.key), { value: text(one.value), revision });
    else if (one.type === 'delete') model.delete(text(one.key));
    else
      for (const key of [...model.keys()])
        if (key >= text(one.start) && key < text(one.end)) model.delete(key);
  }
}
