import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type {
  DescMessage,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { Client, Metadata, credentials } from '@grpc/grpc-js';
import { Cluster, KV, Maintenance, Watch } from './api/etcdserverpb/rpc_pb.js';
import type { WatchCreateRequestSchema } from './api/etcdserverpb/rpc_pb.js';
import { EtcdError } from './etcd-error.js';
import { toEtcdError } from './grpc-error.js';
import { decodeWatchAnswer } from './watch-answer.js';
import type { WatchAnswer } from './watch-answer.js';

export type EtcdCallOptions = {
  /** Milliseconds until the call is given up; its outcome is unknown then. */
  readonly deadline: number;
  /** Gives the call up. */
  readonly signal?: AbortSignal | undefined;
  /** Refuse with NO_LEADER while the member knows of no leader, instead of waiting for one. Default: false. */
  readonly requireLeader?: boolean;
};

export type EtcdStreamOptions = {
  /** Ends the stream, without an error. */
  readonly signal: AbortSignal;
  /** End with an error when the member has had no leader for three election timeouts. Default: false. */
  readonly requireLeader?: boolean;
};

type RequestOf<M extends { readonly input: DescMessage }> = MessageInitShape<M['input']>;

interface Cancellable {
  cancel(): void;
}

const channelOptions = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  // Left is what is harmless: a request that never left, or that the server refused unread.
  'grpc.enable_retries': 0,
  // Its connection is its own, and ends with it.
  'grpc.use_local_subchannel_pool': 1,
  // The member is near: when it is back, calls work again at once.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
} as const;

/**
 * Calls of one etcd member, typed. Connects when it is first called, and again after a connection is lost;
 * tries nothing twice. Throws EtcdError.
 */
export class EtcdClient {
  private readonly client: Client;
  private readonly running = new Set<Cancellable>();
  private closed = false;

  /** `target`: HOST:PORT, or `unix:` and the path of a socket. */
  constructor(readonly target: string) {
    this.client = new Client(target, credentials.createInsecure(), channelOptions);
  }

  range(request: RequestOf<typeof KV.method.range>, options: EtcdCallOptions) {
    return this.unary(KV.method.range, request, options);
  }

  txn(request: RequestOf<typeof KV.method.txn>, options: EtcdCallOptions) {
    return this.unary(KV.method.txn, request, options);
  }

  /** Of what is encoded; the answer is too. */
  txnBytes(request: Buffer, options: EtcdCallOptions): Promise<Buffer> {
    return this.call(KV.method.txn, request, identity, options);
  }

  compact(request: RequestOf<typeof KV.method.compact>, options: EtcdCallOptions) {
    return this.unary(KV.method.compact, request, options);
  }

  memberAdd(request: RequestOf<typeof Cluster.method.memberAdd>, options: EtcdCallOptions) {
    return this.unary(Cluster.method.memberAdd, request, options);
  }

  memberRemove(request: RequestOf<typeof Cluster.method.memberRemove>, options: EtcdCallOptions) {
    return this.unary(Cluster.method.memberRemove, request, options);
  }

  memberUpdate(request: RequestOf<typeof Cluster.method.memberUpdate>, options: EtcdCallOptions) {
    return this.unary(Cluster.method.memberUpdate, request, options);
  }

  memberList(request: RequestOf<typeof Cluster.method.memberList>, options: EtcdCallOptions) {
    return this.unary(Cluster.method.memberList, request, options);
  }

  memberPromote(request: RequestOf<typeof Cluster.method.memberPromote>, options: EtcdCallOptions) {
    return this.unary(Cluster.method.memberPromote, request, options);
  }

  alarm(request: RequestOf<typeof Maintenance.method.alarm>, options: EtcdCallOptions) {
    return this.unary(Maintenance.method.alarm, request, options);
  }

  /** Of the member itself, whether or not it reaches the others. */
  status(options: EtcdCallOptions) {
    return this.unary(Maintenance.method.status, {}, options);
  }

  /** The member answers nothing else meanwhile. */
  defragment(options: EtcdCallOptions) {
    return this.unary(Maintenance.method.defragment, {}, options);
  }

  /** Only the leader does this. */
  moveLeader(request: RequestOf<typeof Maintenance.method.moveLeader>, options: EtcdCallOptions) {
    return this.unary(Maintenance.method.moveLeader, request, options);
  }

  /** The member's database, in pieces. */
  async *snapshot(options: EtcdStreamOptions) {
    const { method } = Maintenance;
    yield* this.stream(method.snapshot, {}, decoderOf(method.snapshot.output), options);
  }

  /**
   * One watch: the response that it was created, then those with events. Throws COMPACTED when its start
   * was compacted. Whatever else ends it, it can be taken up after the last revision that came.
   */
  async *watch(
    request: MessageInitShape<typeof WatchCreateRequestSchema>,
    options: EtcdStreamOptions,
  ): AsyncGenerator<WatchAnswer> {
    const create = { requestUnion: { case: 'createRequest' as const, value: request } };
    for await (const response of this.stream(Watch.method.watch, create, decodeWatchAnswer, options)) {
      if (response.canceled || response.compactRevision > 0) throw canceled(response);
      yield response;
    }
  }

  /** Gives up what still runs. Idempotent. */
  close(): void {
    this.closed = true;
    for (const call of this.running) call.cancel();
    this.client.close();
  }

  private unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: EtcdCallOptions,
  ): Promise<MessageShape<O>> {
    return this.call(method, encode(method.input, request), decoderOf(method.output), options);
  }

  private async call<T>(
    method: DescMethodUnary,
    request: Buffer,
    decode: (answer: Buffer) => T,
    { deadline, signal, requireLeader }: EtcdCallOptions,
  ): Promise<T> {
    this.requireOpen(method.name, signal);
    return new Promise((resolve, reject) => {
      const onAbort = () => call.cancel();
      const call = this.client.makeUnaryRequest(
        pathOf(method),
        identity,
        decode,
        request,
        metadataOf(requireLeader),
        { deadline: Date.now() + deadline },
        (error, response) => {
          this.running.delete(call);
          signal?.removeEventListener('abort', onAbort);
          if (response) resolve(response);
          else reject(error ? toEtcdError(error, method.name) : noAnswer(method.name));
        },
      );
      this.running.add(call);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** The request side stays open: etcd ends a watch when it closes. */
  private async *stream<I extends DescMessage, T>(
    method: DescMethodServerStreaming<I> | DescMethodBiDiStreaming<I>,
    request: MessageInitShape<I>,
    decode: (answer: Buffer) => T,
    { signal, requireLeader }: EtcdStreamOptions,
  ): AsyncGenerator<T> {
    const givenUp = () => signal.aborted;
    if (givenUp()) return;
    this.requireOpen(method.name, signal);
    const call = this.client.makeBidiStreamRequest(
      pathOf(method),
      identity,
      (answer: Buffer) => answer,
      metadataOf(requireLeader),
    );
    const onAbort = () => call.cancel();
    // After the loop has ended it would have no other listener, and end the program.
    call.on('error', () => undefined);
    this.running.add(call);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      call.write(encode(method.input, request));
      if (method.methodKind === 'server_streaming') call.end();
      for await (const answer of call) yield decode(answer as Buffer);
    } catch (cause) {
      if (givenUp()) return;
      throw toEtcdError(cause as Error, method.name);
    } finally {
      this.running.delete(call);
      signal.removeEventListener('abort', onAbort);
      call.cancel();
    }
  }

  private requireOpen(method: string, signal: AbortSignal | undefined): void {
    if (this.closed) throw new EtcdError('NOT_SENT', `etcd ${method}: the client is closed`);
    if (signal?.aborted) throw new EtcdError('NOT_SENT', `etcd ${method}: given up before it began`);
  }
}

function identity(bytes: Buffer): Buffer {
  return bytes;
}

function encode<I extends DescMessage>(schema: I, request: MessageInitShape<I>): Buffer {
  const bytes = toBinary(schema, create(schema, request));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function decoderOf<O extends DescMessage>(schema: O): (answer: Buffer) => MessageShape<O> {
  return (answer) => fromBinary(schema, answer);
}

function pathOf({ parent, name }: { parent: { typeName: string }; name: string }): string {
  return `/${parent.typeName}/${name}`;
}

function metadataOf(requireLeader: boolean | undefined): Metadata {
  const metadata = new Metadata();
  if (requireLeader) metadata.set('hasleader', 'true');
  return metadata;
}

function noAnswer(method: string): EtcdError {
  return new EtcdError('OUTCOME_UNKNOWN', `etcd ${method}: no answer`);
}

function canceled({ compactRevision, cancelReason }: WatchAnswer): EtcdError {
  if (compactRevision > 0) {
    return new EtcdError('COMPACTED', `etcd Watch: revisions before ${compactRevision} were compacted`);
  }
  return new EtcdError('OUTCOME_UNKNOWN', `etcd Watch: canceled: ${cancelReason}`);
}
