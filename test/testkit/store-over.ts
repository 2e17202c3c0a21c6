import type { Store } from '../../src/kv/store.js';

/** The same store, but for what the test does by itself. */
export function storeOver(store: Store, own: Partial<Store>): Store {
  return {
    read: (requests, options) => store.read(requests, options),
    commit: (commit, options) => store.commit(commit, options),
    count: (range, options) => store.count(range, options),
    changes: (after, options) => store.changes(after, options),
    close: () => store.close(),
    ...own,
  };
}
