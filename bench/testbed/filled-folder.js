// The data folder of a server alone, with accounts and messages in it.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbStore } from '../../dist/kv-lmdb/lmdb-store.js';
import { Filler, nameOf } from './fill.js';

/** Conversations that the messages are spread over. */
const conversations = 20;

export class FilledFolder {
  #folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  data = join(this.#folder, 'data');
  /** Of one who is in all the conversations. */
  reader = 'reader';
  friends = [];
  /** Bytes of the database without the messages, and with them. */
  bytesBefore = 0;
  bytesAfter = 0;

  /** This many accounts, and as many messages between the reader and some of them, which are written in turns. */
  static async make(count) {
    const filled = new FilledFolder();
    process.stderr.write(`filling a folder with ${count} accounts and messages …\n`);
    const names = Array.from({ length: Math.max(count, conversations) }, (_, i) => nameOf(i, count));
    filled.friends = names.slice(0, conversations);
    await filled.#with(async (filler) => {
      await filler.createAccounts([filled.reader, ...names]);
    });
    filled.bytesBefore = filled.#bytes();
    await filled.#with(async (filler) => {
      const { caller } = await filler.login(filled.reader);
      const callers = [];
      for (const name of filled.friends) callers.push((await filler.login(name)).caller);
      await filler.send(count, (i) => {
        const friend = i % conversations;
        const own = Math.floor(i / conversations) % 2 === 0;
        return own
          ? { caller, username: filled.friends[friend] }
          : { caller: callers[friend], username: filled.reader };
      });
    });
    filled.bytesAfter = filled.#bytes();
    return filled;
  }

  /** The domain on this folder: { chat, login, close }. */
  async open() {
    const filler = new Filler(await LmdbStore.open({ folder: this.data }));
    await filler.start();
    return filler;
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #with(act) {
    const filler = await this.open();
    try {
      await act(filler);
    } finally {
      await filler.close();
    }
  }

  #bytes() {
    return statSync(join(this.data, 'data.mdb')).size;
  }
}
