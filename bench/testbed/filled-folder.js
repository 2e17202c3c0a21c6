// The data folder of a server alone, with accounts and messages in it.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbStore } from '../../dist/kv-lmdb/lmdb-store.js';
import { Filler, nameOf } from './fill.js';

/** Conversations that the messages are spread over. */
export const conversations = 20;

export class FilledFolder {
  #folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  data = join(this.#folder, 'data');
  /** Of one who is in all the conversations. */
  reader = 'reader';
  friends = [];
  /** Bytes of the database without the messages, and with them. */
  bytesBefore = 0;
  bytesAfter = 0;
  #accounts = 0;

  /** This many accounts, and as many messages between the reader and some of them, which are written in turns. */
  static async make(count) {
    const filled = new FilledFolder();
    process.stderr.write(`filling a folder with ${count} accounts and messages …\n`);
    filled.#accounts = Math.max(count, conversations);
    const names = Array.from({ length: filled.#accounts }, (_, i) => nameOf(i, filled.#accounts));
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

  /** Adds somebody who is in this many conversations, of one message each. To be called while the folder is not open. */
  async addPopular(username, count) {
    if (count > this.#accounts) throw new Error(`there are no ${count} accounts to write to`);
    await this.#with(async (filler) => {
      await filler.createAccounts([username]);
      const { caller } = await filler.login(username);
      await filler.send(count, (i) => ({ caller, username: nameOf(i, this.#accounts) }));
    });
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
