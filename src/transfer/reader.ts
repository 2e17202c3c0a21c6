import { StoreError } from '../kv/store-error.js';
import type { Entry, Key, KeyRange, ReadRequest, Revision, Snapshot, Store } from '../kv/store.js';
import type { Time } from '../chat/types.js';
import { Excerpt } from './excerpt.js';
import { patiently } from './patience.js';
import type { Wait } from './patience.js';

/** Entries as one snapshot holds them. */
export type Page = { readonly revision: Revision; readonly entries: readonly Entry[] };

/** Reads a store that others may be writing to, page by page. */
export class Reader {
  constructor(
    private readonly store: Pick<Store, 'read'>,
    private readonly wait: Wait,
    /** Entries read at once. */
    readonly pageSize: number,
  ) {}

  /** Of a part that was read already. */
  of({ entries, revision }: Page): Reader {
    return new Reader(new Excerpt(entries, revision), this.wait, this.pageSize);
  }

  async read(requests: readonly ReadRequest[]): Promise<Snapshot> {
    return patiently(this.wait, () => this.store.read(requests));
  }

  /** The range from its start, at most a page of it. */
  async page(range: KeyRange, limit = this.pageSize): Promise<Page> {
    const { revision, results } = await this.read([{ ...range, limit }]);
    return { revision, entries: results[0] ?? [] };
  }

  /** The pages of a range that have an entry, each as of the moment it is read. */
  async *pages(range: KeyRange, limit = this.pageSize): AsyncGenerator<Page> {
    for (let { start } = range; ;) {
      const page = await this.page({ start, end: range.end }, limit);
      const last = page.entries.at(-1);
      if (!last) return;
      yield page;
      if (page.entries.length < limit) return;
      start = keyAfter(last.key);
    }
  }
}

/** The shortest key after this one. */
export function keyAfter(key: Key): Key {
  return Buffer.concat([key, Buffer.from([0])]);
}

export function isoTime(time: Time): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) throw corrupt('a stored time is no date');
  return date.toISOString();
}

export function corrupt(message: string): StoreError {
  return new StoreError('CORRUPT', message);
}
