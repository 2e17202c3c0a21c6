import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { WatchResponseSchema } from './api/etcdserverpb/rpc_pb.js';
import { Event_EventType } from './api/mvccpb/kv_pb.js';
import { decodeWatchAnswer } from './watch-answer.js';

function encode(response: MessageInitShape<typeof WatchResponseSchema>): Buffer {
  return Buffer.from(toBinary(WatchResponseSchema, create(WatchResponseSchema, response)));
}

const header = { clusterId: 2n ** 64n - 1n, memberId: 2n ** 63n, revision: 2n ** 40n, raftTerm: 7n };
const put = {
  type: Event_EventType.PUT,
  kv: {
    key: Buffer.from('a'),
    value: Buffer.alloc(300, 'v'),
    createRevision: 3n,
    modRevision: 2n ** 40n,
    version: 9n,
  },
};

describe('answer of a watch', () => {
  it('has the events and the state, whatever else there is', () => {
    const gone = { type: Event_EventType.DELETE, kv: { key: Buffer.from('b'), modRevision: 5n } };
    const { events, ...rest } = decodeWatchAnswer(encode({ header, watchId: -1n, events: [put, gone] }));
    expect(rest).toEqual({
      header: { revision: 2 ** 40, raftTerm: 7n },
      created: false,
      canceled: false,
      cancelReason: '',
      compactRevision: 0,
    });
    expect(
      events.map((event) => ({
        ...event,
        key: Buffer.from(event.key).toString(),
        value: Buffer.from(event.value).toString(),
      })),
    ).toEqual([
      { deleted: false, key: 'a', value: 'v'.repeat(300), revision: 2 ** 40 },
      { deleted: true, key: 'b', value: '', revision: 5 },
    ]);
  });

  it('tells why there are no more', () => {
    const bytes = encode({ header, created: true, canceled: true, compactRevision: 300n, cancelReason: 'é' });
    expect(decodeWatchAnswer(bytes)).toMatchObject({
      created: true,
      canceled: true,
      compactRevision: 300,
      cancelReason: 'é',
    });
  });

  it('passes over fields that it does not know, of every type', () => {
    // A number, 8 bytes, a text, 4 bytes; then `created`.
    const unknown = [0x60, 0x80, 0x01, 0x69, ...Buffer.alloc(8, 0xff), 0x72, 2, 1, 2, 0x7d, 9, 9, 9, 9];
    expect(decodeWatchAnswer(Buffer.from([...unknown, 0x18, 1])).created).toBe(true);
    expect(() => decodeWatchAnswer(Buffer.of(0x66))).toThrow('wire type 6');
  });

  it('is refused when it is cut off anywhere but between two fields', () => {
    const bytes = encode({ events: [put] });
    for (let length = 1; length < bytes.length; length += 1) {
      expect(() => decodeWatchAnswer(bytes.subarray(0, length))).toThrow();
    }
  });
});
