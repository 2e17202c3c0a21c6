import { request as httpRequest } from 'node:http';
import type { ClientRequest } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import type { ClientHttp2Stream } from 'node:http2';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { expect, it, onTestFinished } from 'vitest';
import { StatusSchema } from '../../src/api/google/rpc/status_pb.js';
import { SubscribeRequestSchema, SubscribeResponseSchema } from '../../src/api/holdfast/v1/message_pb.js';
import type { SubscribeResponse } from '../../src/api/holdfast/v1/message_pb.js';
import { connect, join, login } from '../testkit/api-client.js';
import type { ApiClient } from '../testkit/api-client.js';
import { eventually } from '../testkit/deadline.js';
import { noLimits } from '../testkit/no-limits.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

/** Milliseconds for all that is sent, against hanging. */
const patience = 150_000;
const mebibyte = 1_024 * 1_024;
const text = 'x'.repeat(16 * 1_024);
/** 50 MB in all. */
const count = 3_200;
const path = '/holdfast.v1.MessageService/Subscribe';

type Caller = Awaited<ReturnType<typeof login>>;

/** One message in the envelope that gRPC and Connect share. */
function envelope(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

const ask = envelope(toBinary(SubscribeRequestSchema, create(SubscribeRequestSchema)));

/** A subscription over gRPC of which nothing is read until somebody does. */
function subscribeGrpc(address: string, { headers }: Caller): ClientHttp2Stream {
  const session = connectHttp2(`http://${address}`);
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => undefined);
  stream.end(ask);
  return stream;
}

/** The same over Connect and HTTP/1.1. */
function subscribeWeb(webAddress: string, { headers }: Caller): ClientRequest {
  const request = httpRequest(`${webAddress}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/connect+proto', ...headers },
  });
  request.on('error', () => undefined);
  request.on('response', (response) => response.pause().on('error', () => undefined));
  onTestFinished(() => void request.destroy());
  request.end(ask);
  return request;
}

/** Reads to the end: what came, and the status behind it. */
async function readGrpc(stream: ClientHttp2Stream) {
  let trailers: Record<string, unknown> = {};
  stream.on('trailers', (given) => (trailers = given as Record<string, unknown>));
  let bytes = Buffer.alloc(0);
  for await (const chunk of stream) bytes = Buffer.concat([bytes, chunk as Buffer]);
  const replies: SubscribeResponse[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    replies.push(fromBinary(SubscribeResponseSchema, bytes.subarray(at + 5, end)));
    at = end;
  }
  const details = Buffer.from(String(trailers['grpc-status-details-bin']), 'base64');
  const status = fromBinary(StatusSchema, details);
  const told = Buffer.concat(status.details.map(({ value }) => value)).toString();
  return { replies, told, status: Number(trailers['grpc-status']) };
}

function seqsOf(replies: readonly SubscribeResponse[]): number[] {
  return replies.flatMap(({ event }) => (event.case === 'message' ? [Number(event.value.seq)] : []));
}

async function sendAll(client: ApiClient, ann: Caller): Promise<void> {
  let next = 0;
  const sender = async () => {
    while (next < count) {
      const clientMessageId = String((next += 1));
      const target = { case: 'username' as const, value: 'ben' };
      await client.messages.sendMessage({ target, text, clientMessageId }, ann);
    }
  };
  await Promise.all(Array.from({ length: 32 }, sender));
}

it(
  'cuts off who does not read, without keeping it in memory, and goes on where they were',
  { timeout: 2 * patience },
  async () => {
    const config = { limits: { ...noLimits, slow_reader_seconds: 1 } };
    const server = await ServerProcess.start(await temporaryFolder(), { config });
    const figures = async () => {
      const page = await (await fetch(`${server.webAddress}/metrics`)).text();
      return (name: string) =>
        Number(
          page
            .split('\n')
            .find((line) => line.startsWith(`${name} `))
            ?.split(' ')[1] ?? 0,
        );
    };
    const client = connect(server.address);
    const ann = await join(client, 'ann');
    const ben = await join(client, 'ben');
    const running = 'holdfast_calls_running{method="Subscribe"}';
    const refused = 'holdfast_calls_total{method="Subscribe",status="RESOURCE_EXHAUSTED"}';
    const streams = Array.from({ length: 10 }, () => subscribeGrpc(server.address, ben));
    for (let i = 0; i < 10; i += 1) subscribeWeb(server.webAddress, ben);
    await eventually('all are subscribed', async () => (await figures())(running) === 20);

    let most = 0;
    let sending = true;
    const watching = eventually(
      'everything is sent',
      async () => {
        const figure = await figures();
        const bytes = figure('nodejs_heap_size_used_bytes') + figure('nodejs_external_memory_bytes');
        most = Math.max(most, bytes);
        return !sending;
      },
      patience,
    );
    const sent = sendAll(client, ann);
    await eventually('they are cut off', async () => (await figures())(refused) > 0);
    const [first, ...others] = streams;
    if (!first) throw new Error('nobody has subscribed');
    const { replies, told, status } = await readGrpc(first);
    await sent;
    sending = false;
    await watching;
    // All of it for each of the 20 would be 1,000 MiB. The store keeps the last 32 MiB once, for everyone.
    expect(most).toBeLessThan(300 * mebibyte);
    expect(told).toContain('SUBSCRIBER_SLOW');
    expect(status).toBe(8);
    await eventually('every stream has ended', async () => (await figures())(running) === 0);
    expect((await figures())(refused)).toBe(20);
    for (const stream of others) {
      await eventually('it is reset', () => stream.closed);
      expect(stream.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }

    const seqs = seqsOf(replies);
    const resumeToken = replies.at(-1)?.resumeToken ?? '';
    for await (const reply of client.messages.subscribe({ resumeToken }, ben)) {
      seqs.push(...seqsOf([reply]));
      if (seqs.at(-1) === count) break;
    }
    expect(seqs).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  },
);
