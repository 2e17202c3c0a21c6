import { setTimeout as delay } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Client, Metadata, credentials } from '@grpc/grpc-js';
import { expect, it, onTestFinished } from 'vitest';
import { SendMessageRequestSchema, SendMessageResponseSchema } from '../../src/api/holdfast/v1/message_pb.js';
import type { Store } from '../../src/kv/store.js';
import { connect, join } from '../testkit/api-client.js';
import { serveChat } from '../testkit/chat-nodes.js';
import { startChat } from '../testkit/test-chat.js';

/** Every read takes less time than the one before it. */
function fasterAndFaster(store: Store): Store & { readonly reads: number } {
  let reads = 0;
  return {
    read: async (...args) => {
      reads += 1;
      await delay(Math.max(0, 150 - 10 * reads));
      return store.read(...args);
    },
    count: async (...args) => store.count(...args),
    commit: async (...args) => store.commit(...args),
    changes: (...args) => store.changes(...args),
    close: async () => store.close(),
    get reads() {
      return reads;
    },
  };
}

/** Sends over one connection, without waiting for any answer; resolves to the numbers of what was stored. */
async function sendAll(address: string, authorization: string, username: string, texts: readonly string[]) {
  const client = new Client(address, credentials.createInsecure());
  onTestFinished(() => client.close());
  await new Promise<void>((resolve, reject) => {
    client.waitForReady(Date.now() + 10_000, (error) => (error ? reject(error) : resolve()));
  });
  const metadata = new Metadata();
  metadata.set('authorization', authorization);
  const same = (bytes: Buffer) => bytes;
  const target = { case: 'username' as const, value: username };
  const send = async (text: string) =>
    new Promise<number>((resolve, reject) => {
      const request = create(SendMessageRequestSchema, { target, text, clientMessageId: text });
      client.makeUnaryRequest(
        '/holdfast.v1.MessageService/SendMessage',
        same,
        (bytes: Buffer) => fromBinary(SendMessageResponseSchema, bytes),
        Buffer.from(toBinary(SendMessageRequestSchema, request)),
        metadata,
        (error, answer) => (answer ? resolve(Number(answer.message?.seq)) : reject(error ?? new Error())),
      );
    });
  const sent: Promise<number>[] = [];
  for (const text of texts) {
    sent.push(send(text));
    // Some come when what the first ones have to look up is half known.
    if (sent.length % 4 === 0) await delay(20);
  }
  return Promise.all(sent);
}

it('what a client sends on one connection is stored in that order, whatever has to be looked up first (G4)', async () => {
  const first = await startChat();
  const api = connect(await serveChat(first.chat));
  const ann = await join(api, 'ann');
  await join(api, 'ben');
  // A node that knows nothing yet: neither the session, nor who ben is, nor the conversation.
  const slow = fasterAndFaster(first.store);
  const { chat } = await startChat({ store: slow });
  const texts = Array.from({ length: 24 }, (_, i) => `text-${i}`);
  const before = slow.reads;
  const seqs = await sendAll(await serveChat(chat), ann.headers.authorization, 'ben', texts);
  // Several had to look things up, beside each other.
  expect(slow.reads - before).toBeGreaterThan(4);
  expect(seqs).toEqual(texts.map((_, i) => i + 1));
});
