// What bare etcd calls do on the members of a cluster: the appends that a send is made of, alone and in batches.
import { SocketAddress } from '../../dist/engine/socket-address.js';
import { EtcdClient } from '../../dist/etcd/etcd-client.js';
import { bareAppend } from './bare-append.js';

const deadline = 10_000;

/** One client of each member, over the socket that its node uses. */
export class EtcdMembers {
  #sockets;
  #members;
  #keys = 0;

  static async open(folders) {
    const members = new EtcdMembers();
    members.#sockets = await Promise.all(folders.map((folder) => SocketAddress.open(folder)));
    members.#members = members.#sockets.map(({ target }) => new EtcdClient(target));
    return members;
  }

  /** One append of its own through a member. `told`: one that every node's feed takes. */
  async append(member, conversation, { told } = {}) {
    requireDone(await this.#members[member].txn(this.#append(conversation, { told }), { deadline }));
  }

  /** So many appends as nested transactions of one. */
  async appendBatch(member, conversation, batch) {
    const success = Array.from({ length: batch }, (_, i) => ({
      request: { case: 'requestTxn', value: this.#append(conversation * 1_000 + i) },
    }));
    const { responses } = await this.#members[member].txn({ success }, { deadline });
    for (const { response } of responses) requireDone(response.value);
  }

  async put(member, key, bytes) {
    const value = { key: Buffer.from(key), value: Buffer.alloc(bytes, 'm') };
    await this.#members[member].txn({ success: [{ request: { case: 'requestPut', value } }] }, { deadline });
  }

  /** Calls `onKey` with each key that begins with the prefix, as it is put. */
  async watch(member, prefix, onKey, signal) {
    const key = Buffer.from(prefix);
    const rangeEnd = Buffer.from(key);
    rangeEnd[rangeEnd.length - 1] += 1;
    for await (const { events } of this.#members[member].watch({ key, rangeEnd }, { signal })) {
      for (const { key } of events) onKey(Buffer.from(key).toString());
    }
  }

  async revision() {
    const { header } = await this.#members[0].range({ key: Buffer.from('x') }, { deadline });
    return Number(header.revision);
  }

  /** Rises with every election. */
  async term() {
    return Number((await this.#members[0].status({ deadline })).raftTerm);
  }

  /** { term, leads, hasLeader, bytes, bytesInUse } as this member sees it. */
  async status(member, patience = deadline) {
    const status = await this.#members[member].status({ deadline: patience });
    return {
      term: Number(status.raftTerm),
      leads: status.leader === status.header.memberId,
      hasLeader: status.leader !== 0n,
      bytes: Number(status.dbSize),
      bytesInUse: Number(status.dbSizeInUse),
    };
  }

  /** Drops all history, and gives the free pages back. */
  async compactAndDefragment(member) {
    const { header } = await this.#members[member].range({ key: Buffer.from('x') }, { deadline });
    await this.#members[member].compact({ revision: header.revision, physical: true }, { deadline: 600_000 });
    const compacted = await this.status(member);
    await this.#members[member].defragment({ deadline: 600_000 });
    return compacted;
  }

  /** The generated client of a member. */
  client(member) {
    return this.#members[member];
  }

  async close() {
    for (const member of this.#members) member.close();
    for (const socket of this.#sockets) await socket.close();
  }

  #append(conversation, options) {
    this.#keys += 1;
    return bareAppend(conversation, this.#keys, options);
  }
}

/** A transaction whose comparison fails writes nothing, and is no floor. */
function requireDone({ succeeded }) {
  if (!succeeded) throw new Error('a bare append was not done');
}
