// A data folder with accounts that are all logged in, and write nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbStore } from '../../dist/kv-lmdb/lmdb-store.js';
import { Filler } from './fill.js';

export class FolderOfPeople {
  #folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  data = join(this.#folder, 'data');
  names;
  /** Of each, in the order of the names. */
  tokens;

  static async make(count) {
    const made = new FolderOfPeople();
    process.stderr.write(`logging ${count} people in …\n`);
    made.names = Array.from({ length: count }, (_, i) => `person${i}`);
    const filler = new Filler(await LmdbStore.open({ folder: made.data }));
    try {
      await filler.start();
      await filler.createAccounts(made.names);
      made.tokens = await filler.loginAll(made.names);
    } finally {
      await filler.close();
    }
    return made;
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
