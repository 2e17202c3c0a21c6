// People who write to each other on a cluster, and the bare members beneath it.
import { Client, credentials } from '@grpc/grpc-js';
import { EtcdMembers } from '../floors/etcd-members.js';
import { call, join, messageTo, send } from './api.js';
import { closedLoop } from './rate.js';

const people = 40;
/** Connections to each node. */
const lines = 8;
/** Workers of the warm-up. */
const warming = 256;
const nothing = Buffer.alloc(0);

export class People {
  #connections;
  #callers = [];
  #messages = Array.from({ length: people }, (_, i) => messageTo(`person${i}`));
  /** The members, for floors. */
  members;
  /** Sends that were refused: on a machine that is overloaded, what waits for too long is. They count as nothing. */
  refused = 0;

  /** `warmUp`: seconds until the nodes' code is compiled, which takes longer the less each of them has to do. */
  static async join(cluster, warmUp) {
    const all = new People();
    const own = { 'grpc.use_local_subchannel_pool': 1 };
    all.members = await EtcdMembers.open(cluster.nodes.map(({ folder }) => folder));
    all.#connections = cluster.nodes.map(({ address }) =>
      Array.from({ length: lines }, () => new Client(address, credentials.createInsecure(), own)),
    );
    for (let i = 0; i < people; i += 1) {
      all.#callers.push(await join(all.#connections[i % cluster.nodes.length][0], `person${i}`));
    }
    await closedLoop(warming, warmUp, (worker) => all.send(worker));
    all.refused = 0;
    return all;
  }

  /** What the calls of a person have to carry. */
  authorization(person) {
    return String(this.#callers[person].get('authorization')[0]);
  }

  /** { id, answer }: each worker has a conversation of its own, and its node. */
  begin(worker) {
    const from = worker % people;
    const to = (from + 1 + Math.floor(worker / people)) % people;
    return send(this.#clientOf(worker), this.#messages[to], this.#callers[from]);
  }

  /** Calls a method that does nothing, on the worker's node. */
  async empty(worker) {
    await call(
      this.#clientOf(worker),
      '/grpc.health.v1.Health/Check',
      nothing,
      this.#callers[worker % people],
    );
  }

  #clientOf(worker) {
    const nodes = this.#connections.length;
    return this.#connections[worker % nodes][Math.floor(worker / nodes) % lines];
  }

  /** Resolves to how many messages were acknowledged: one, or none. */
  async send(worker) {
    try {
      await this.begin(worker).answer;
      return 1;
    } catch {
      this.refused += 1;
      return 0;
    }
  }

  async close() {
    for (const client of this.#connections.flat()) client.close();
    await this.members.close();
  }
}
