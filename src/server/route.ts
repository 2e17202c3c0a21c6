import { create } from '@bufbuild/protobuf';
import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  Message,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import type { Chat, TakenStream } from '../chat/chat.js';
import { CallTime } from './call-time.js';
import type { CallKind } from './call-time.js';
import type { CallLimits } from './call-limits.js';
import type { Cluster } from './cluster.js';

/** What clients are told to connect to. */
export type Addresses = { readonly servers: readonly string[]; readonly webServers: readonly string[] };

/** What every call has to work with. */
export interface CallBase {
  /** Throws STORE_UNAVAILABLE while the store was not reached yet. */
  readonly chat: Chat;
  readonly cluster: Cluster;
  readonly addresses: Addresses;
  /** Milliseconds that a call may take; undefined: any. */
  readonly callTime?: number | undefined;
  readonly limits: CallLimits;
}

/** One call, in whatever protocol it came. */
export class Call implements CallBase {
  readonly time: CallTime;

  constructor(
    private readonly base: CallBase,
    /** The header `authorization`. */
    readonly authorization: string | undefined,
    /** Aborts when the caller is gone; undefined: then what it is sent is ended. */
    readonly signal: AbortSignal | undefined,
    private readonly findAddress: () => string,
  ) {
    this.time = new CallTime(base.callTime);
  }

  /** Of the caller, or of the last proxy before it that is not trusted. */
  get address(): string {
    return this.findAddress();
  }

  get limits(): CallLimits {
    return this.base.limits;
  }

  get chat(): Chat {
    return this.base.chat;
  }

  get cluster(): Cluster {
    return this.base.cluster;
  }

  get addresses(): Addresses {
    return this.base.addresses;
  }
}

export type UnaryRoute = {
  readonly kind: 'unary';
  readonly method: DescMethodUnary;
  readonly handle: (call: Call, request: Message) => Promise<Message>;
};

export type StreamRoute = {
  readonly kind: 'stream';
  readonly method: DescMethodServerStreaming;
  readonly open: (call: Call, request: Message) => Promise<OpenedStream<unknown>>;
  /** The message that tells of an item of the stream. */
  readonly encode: (item: unknown) => Message;
};

export type OpenedStream<T> = {
  readonly items: TakenStream<T>;
  /** To be called once, when it is over, in whatever way. */
  readonly onEnd?: () => void;
};

export type Route = UnaryRoute | StreamRoute;

export function unary<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  kind: CallKind,
  handle: (call: Call, request: MessageShape<I>) => Promise<MessageInitShape<O>>,
): UnaryRoute {
  return {
    kind: 'unary',
    method,
    handle: async (call, request) => {
      const work = () => handle(call, request as MessageShape<I>);
      return create(method.output, await call.time.apply(kind, work));
    },
  };
}

export function stream<I extends DescMessage, O extends DescMessage, T>(
  method: DescMethodServerStreaming<I, O>,
  open: (call: Call, request: MessageShape<I>) => Promise<OpenedStream<T>>,
  encode: (item: T) => MessageInitShape<O>,
): StreamRoute {
  return {
    kind: 'stream',
    method,
    open: (call, request) => open(call, request as MessageShape<I>),
    encode: (item) => create(method.output, encode(item as T)),
  };
}
