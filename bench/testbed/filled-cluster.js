// A cluster of one node with messages in it. Each node of a larger one holds the same.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EtcdStore } from '../../dist/kv-etcd/etcd-store.js';
import { EtcdMembers } from '../floors/etcd-members.js';
import { Cluster } from './cluster.js';
import { Filler } from './fill.js';

/** People of whom each writes to the next one: so many conversations. */
const people = 1_000;
/** More than a member keeps in memory, with what it keeps for members that are behind; how many at a time. */
const logEntries = 2_500;
const together = 50;

export class FilledCluster {
  cluster;
  /** What the member held { before, written, compacted, defragmented }: each { bytes, bytesInUse, log, snapshots }. */
  held = {};

  static async make(count) {
    const filled = new FilledCluster();
    filled.cluster = await Cluster.start(1);
    try {
      if (count > 0) await filled.#fill(count);
      await filled.cluster.stopNode(0);
    } catch (error) {
      await filled.remove();
      throw error;
    }
    return filled;
  }

  /** Bytes that its member has in memory after a start. */
  async memberBytes() {
    await this.cluster.startNode(0);
    try {
      return this.cluster.program(0).childrenBytes();
    } finally {
      await this.cluster.stopNode(0);
    }
  }

  async remove() {
    await this.cluster.stop();
  }

  async #fill(count) {
    process.stderr.write(`filling a cluster with ${count} messages …\n`);
    const [{ folder }] = this.cluster.nodes;
    const members = await EtcdMembers.open([folder]);
    const filler = new Filler(await EtcdStore.open({ client: members.client(0) }));
    try {
      await filler.start();
      const some = Math.min(people, Math.ceil(count / 10));
      const names = Array.from({ length: some }, (_, i) => `person${i}`);
      await filler.createAccounts(names);
      const callers = [];
      for (const token of await filler.loginAll(names))
        callers.push(await filler.chat.sessions.authenticate(token));
      // The conversations are there before, so that only messages are counted.
      const pairOf = (i) => ({ caller: callers[i % some], username: names[(i + 1) % some] });
      await filler.send(some, pairOf);
      await members.compactAndDefragment(0);
      this.held.before = await this.#look(members);
      await filler.send(count, pairOf);
      this.held.written = await this.#look(members);
      const { bytes, bytesInUse } = await members.compactAndDefragment(0);
      this.held.compacted = { bytes, bytesInUse };
      this.held.defragmented = await this.#look(members);
      // A member has its last entries of the log in memory, and batches are large: small ones take their place.
      for (let i = 0; i < logEntries; i += together) {
        await Promise.all(Array.from({ length: together }, () => members.put(0, 'x', 1)));
      }
    } finally {
      await filler.close();
      await members.close();
    }
  }

  async #look(members) {
    const { bytes, bytesInUse } = await members.status(0);
    const log = folderBytes(join(this.cluster.nodes[0].folder, 'etcd', 'member', 'wal'));
    const snapshots = folderBytes(join(this.cluster.nodes[0].folder, 'etcd', 'member', 'snap')) - bytes;
    return { bytes, bytesInUse, log, snapshots };
  }
}

/** Of the files in a folder. */
function folderBytes(folder) {
  const names = readdirSync(folder);
  return names.map((name) => statSync(join(folder, name)).size).reduce((sum, bytes) => sum + bytes, 0);
}
