// The transaction that a send is made of, bare: the head's revision compared, message and head put. Its keys and values
// have as many bytes as those of the messages that the figures send.
import { keys } from '../../dist/chat/keys.js';
import { records } from '../../dist/chat/records.js';
import { Compare_CompareResult, Compare_CompareTarget } from '../../dist/etcd/api/etcdserverpb/rpc_pb.js';
import { dataPrefix } from '../../dist/kv-etcd/etcd-store.js';
import { text } from '../testbed/api.js';

const idLength = 22;

/** Bytes of what Holdfast stores of a send, in the middle of a run. */
export const stored = (() => {
  const id = 'c'.repeat(idLength);
  const createTime = Date.now();
  const message = {
    sender: 0,
    ordinal: 500,
    createTime,
    clientMessageId: 'message-100000',
    text,
    appended: null,
  };
  const head = { seq: 1_000, lastTime: createTime, closed: false, counts: [500, 500], deletions: 0 };
  return {
    messageKey: dataPrefix.length + keys.message(id, 1_000).length,
    message: records.message.encode(message).length,
    headKey: dataPrefix.length + keys.head(id).length,
    head: records.head.encode(head).length,
  };
})();

/**
 * `number`: another one for each message. `told`: under keys that every node's feed follows, as those of a conversation that
 * nobody is in; else under such as no node is told of.
 */
export function bareAppend(conversation, number, { told = false } = {}) {
  const head = told ? keyOfHead(conversation) : keyOf('h', conversation, stored.headKey);
  const message = told ? keyOfMessage(conversation, number) : keyOf('m', number, stored.messageKey);
  return {
    compare: [
      {
        // Whatever it is: what is compared is not what this is about, only that it is.
        result: Compare_CompareResult.LESS,
        target: Compare_CompareTarget.MOD,
        key: head,
        targetUnion: { case: 'modRevision', value: 2n ** 62n },
      },
    ],
    success: [put(message, stored.message), put(head, stored.head)],
  };
}

function keyOf(kind, number, length) {
  return Buffer.from(`b/${kind}/${String(number).padStart(length - 4, '0')}`);
}

function keyOfHead(conversation) {
  return Buffer.concat([Buffer.from(dataPrefix), keys.head(idOf(conversation))]);
}

function keyOfMessage(conversation, number) {
  return Buffer.concat([Buffer.from(dataPrefix), keys.message(idOf(conversation), number)]);
}

/** As long as a conversation's id. */
function idOf(conversation) {
  return String(conversation).padStart(idLength, '0');
}

function put(key, bytes) {
  return { request: { case: 'requestPut', value: { key, value: Buffer.alloc(bytes, 'm') } } };
}
