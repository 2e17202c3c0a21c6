// What several figures need and what is dear to make: each is made when it is first asked for, and once.
import { Cluster } from './cluster.js';
import { FilledCluster } from './filled-cluster.js';
import { FilledFolder } from './filled-folder.js';
import { FolderOfPeople } from './folder-of-people.js';
import { People } from './people.js';

/** Sizes of what is measured, by the size that was asked for. */
export const sizes = {
  full: { many: 1_000_000, few: 1_000, subscribers: 10_000, seconds: 4, warmUp: 40, calls: 400 },
  medium: { many: 100_000, few: 1_000, subscribers: 2_000, seconds: 2, warmUp: 20, calls: 200 },
  small: { many: 5_000, few: 1_000, subscribers: 200, seconds: 0.5, warmUp: 1, calls: 40 },
};

export class Testbed {
  #made = new Map();
  #closers = [];

  constructor({ size }) {
    this.sizes = sizes[size];
  }

  /** Five nodes with people on them, warm: { cluster, people }. */
  async fiveNodes() {
    return this.#once('five nodes', async () => {
      const cluster = await Cluster.start(5);
      this.#closers.push(() => cluster.stop());
      const people = await People.join(cluster, this.sizes.warmUp);
      this.#closers.push(() => people.close());
      return { cluster, people };
    });
  }

  /** The data folder of a server alone, with this many accounts and messages. */
  async filledFolder(count) {
    return this.#once(`folder with ${count}`, async () => {
      const folder = await FilledFolder.make(count);
      this.#closers.push(() => folder.remove());
      return folder;
    });
  }

  /** A cluster of one node, stopped, with this many messages. */
  async filledCluster(count) {
    return this.#once(`cluster with ${count}`, async () => {
      const cluster = await FilledCluster.make(count);
      this.#closers.push(() => cluster.remove());
      return cluster;
    });
  }

  /** The data folder of a server alone, with this many people logged in. */
  async folderOfPeople(count) {
    return this.#once(`folder of ${count} people`, async () => {
      const folder = await FolderOfPeople.make(count);
      this.#closers.push(() => folder.remove());
      return folder;
    });
  }

  /** In reverse order. */
  async close() {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }

  async #once(name, make) {
    if (!this.#made.has(name)) this.#made.set(name, make());
    return this.#made.get(name);
  }
}
