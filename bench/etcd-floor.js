// What bare etcd calls do on the members of a cluster: the appends of DESIGN's section 4, alone and in batches.
import { setUp } from '../scripts/setup.js';

setUp();
const { EtcdClient } = await import('../dist/etcd/etcd-client.js');
const { SocketAddress } = await import('../dist/engine/socket-address.js');
const { Compare_CompareResult, Compare_CompareTarget } =
  await import('../dist/etcd/api/etcdserverpb/rpc_pb.js');

const deadline = 10_000;

/** One client of each member, over the socket that its node uses. */
export class EtcdFloor {
  #sockets;
  #members;
  #keys = 0;

  static async open(folders) {
    const floor = new EtcdFloor();
    floor.#sockets = await Promise.all(folders.map((folder) => SocketAddress.open(folder)));
    floor.#members = floor.#sockets.map(({ target }) => new EtcdClient(target));
    return floor;
  }

  /** One append of its own through a member. */
  async append(member, conversation) {
    await this.#members[member].txn(this.#append(conversation), { deadline });
  }

  /** So many appends as nested transactions of one. */
  async appendBatch(member, conversation, batch) {
    const success = Array.from({ length: batch }, (_, i) => ({
      request: { case: 'requestTxn', value: this.#append(conversation * 1_000 + i) },
    }));
    await this.#members[member].txn({ success }, { deadline });
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
      for (const { kv } of events) onKey(Buffer.from(kv.key).toString());
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

  async close() {
    for (const member of this.#members) member.close();
    for (const socket of this.#sockets) await socket.close();
  }

  /** The head's revision compared, message and head put; as many bytes as the product's. */
  #append(conversation) {
    this.#keys += 1;
    const place = `b/${String(conversation).padStart(30, '0')}`;
    const head = Buffer.from(`${place}h`);
    const message = Buffer.from(`${place}m${String(this.#keys).padStart(9, '0')}`);
    return {
      compare: [
        {
          result: Compare_CompareResult.GREATER,
          target: Compare_CompareTarget.MOD,
          key: head,
          targetUnion: { case: 'modRevision', value: 0n },
        },
      ],
      success: [
        { request: { case: 'requestPut', value: { key: message, value: Buffer.alloc(110, 'm') } } },
        { request: { case: 'requestPut', value: { key: head, value: Buffer.alloc(30, 'h') } } },
      ],
    };
  }
}
