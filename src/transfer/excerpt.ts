import type { Entry, ReadRequest, Revision, Snapshot } from '../kv/store.js';

/**
 * All entries of some part of a store, read at once: whoever reads that part here sees one snapshot of it, and does
 * not ask the store again.
 */
export class Excerpt {
  constructor(
    /** In the order of their keys. */
    private readonly entries: readonly Entry[],
    private readonly revision: Revision,
  ) {}

  async read(requests: readonly ReadRequest[]): Promise<Snapshot> {
    const results = requests.map((request) => this.answer(request));
    return Promise.resolve({ revision: this.revision, results });
  }

  private answer(request: ReadRequest): Entry[] {
    if ('key' in request) return this.entries.filter(({ key }) => Buffer.compare(key, request.key) === 0);
    const { start, end, reverse, limit } = request;
    const found = this.entries.filter(
      ({ key }) => Buffer.compare(key, start) >= 0 && Buffer.compare(key, end) < 0,
    );
    if (reverse) found.reverse();
    return found.slice(0, limit);
  }
}
