import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { Client, Metadata, credentials } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { ErrorInfoSchema } from '../../src/api/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../src/api/google/rpc/status_pb.js';

/** What is known of a call that failed. */
export type Failure = {
  /** gRPC's number. */
  readonly code: number;
  /** Of the server's refusal; NOT_CONNECTED: the call never left; empty: the server said nothing. */
  readonly reason: string;
};

export type CallOptions = {
  /** Empty: none. */
  readonly token: string;
  /** Milliseconds. */
  readonly deadline: number;
};

const options = {
  'grpc.enable_retries': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
} as const;

/** Milliseconds until a node that takes no connection is given up. */
const connecting = 1_000;

/** Bare calls of one node: nothing is tried twice, nobody else is asked. */
export class NodeConnection {
  private readonly client: Client;

  /** `address`: HOST:PORT. */
  constructor(address: string) {
    this.client = new Client(address, credentials.createInsecure(), options);
  }

  /** Whether a call would leave now. */
  async ready(): Promise<boolean> {
    return new Promise((resolve) => {
      this.client.waitForReady(Date.now() + connecting, (error) => resolve(error === undefined));
    });
  }

  /** Rejects with a Failure. */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    { token, deadline }: CallOptions,
  ): Promise<MessageShape<O>> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(
        pathOf(method),
        (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        create(method.input, request),
        metadataOf(token),
        { deadline: Date.now() + deadline },
        (error, reply) => {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a value, as callers look at it only
          if (error) reject(failureOf(error));
          else if (reply) resolve(reply);
        },
      );
    });
  }

  /** Calls `onEvent` until the stream ends or the signal aborts. Resolves to why it ended; undefined: aborted. */
  async follow<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    {
      token,
      signal,
      onEvent,
    }: { token: string; signal: AbortSignal; onEvent: (event: MessageShape<O>) => void },
  ): Promise<Failure | undefined> {
    return new Promise((resolve) => {
      const stream = this.client.makeServerStreamRequest(
        pathOf(method),
        (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        create(method.input, request),
        metadataOf(token),
      );
      let aborted = false;
      const abort = () => {
        aborted = true;
        stream.cancel();
      };
      signal.addEventListener('abort', abort);
      const end = (failure: Failure | undefined) => {
        signal.removeEventListener('abort', abort);
        resolve(failure);
      };
      stream.on('data', (event: MessageShape<O>) => {
        // What comes after it was given up is not received.
        if (!aborted) onEvent(event);
      });
      stream.on('error', (error: ServiceError) => end(aborted ? undefined : failureOf(error)));
      stream.on('end', () => end(aborted ? undefined : { code: 0, reason: '' }));
      if (signal.aborted) abort();
    });
  }

  close(): void {
    this.client.close();
  }
}

function pathOf(method: DescMethodUnary | DescMethodServerStreaming): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function metadataOf(token: string): Metadata {
  const metadata = new Metadata();
  if (token !== '') metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

function failureOf(error: ServiceError): Failure {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (!(bytes instanceof Uint8Array)) return { code: error.code, reason: '' };
  for (const detail of fromBinary(StatusSchema, bytes).details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info) return { code: error.code, reason: info.reason };
  }
  return { code: error.code, reason: '' };
}
