/** Bytes that a call takes by itself, about, and each piece that its request comes in. */
const callBytes = 8_192;
const pieceBytes = 256;
const mebibyte = 1_024 * 1_024;

/** What the calls of one connection are on: a session of HTTP/2, or the socket of HTTP/1.1. */
export type Connection = { destroy(): unknown };

/** What one call keeps in memory. */
export interface CallHold {
  /** A piece of the request has come, or of the answer waits to be read. */
  add(bytes: number): void;
  /** From now on only what was added counts: a limit of its own bounds how many such calls there are. */
  settle(): void;
  /** Idempotent. */
  end(): void;
}

type Holder = { readonly connection: Connection; bytes: number; gone: boolean };

const noHold: CallHold = { add: () => undefined, settle: () => undefined, end: () => undefined };

/**
 * Bounds what calls keep in memory that wait for their callers, on both ports together: requests that were begun and not
 * ended, and answers that are not read. What is too much is taken from the connections that hold most, which are cut off: a
 * caller that does as callers do holds next to nothing.
 */
export class CallMemory {
  private readonly known = new WeakMap<Connection, Holder>();
  /** Those that hold something. */
  private readonly holders = new Set<Holder>();
  private total = 0;
  private cut = 0;

  constructor(private readonly limit = 256 * mebibyte) {}

  /** Bytes that are held. */
  get bytes(): number {
    return this.total;
  }

  /** Connections that were cut off. */
  get cutOff(): number {
    return this.cut;
  }

  /** `connection`: undefined when it has gone. */
  begin(connection: Connection | undefined): CallHold {
    if (!connection) return noHold;
    return new Hold(this, this.holderOf(connection));
  }

  /** Of what a connection's calls hold. */
  change(holder: Holder, bytes: number): void {
    if (holder.gone) return;
    holder.bytes += bytes;
    this.total += bytes;
    if (holder.bytes > 0) this.holders.add(holder);
    else this.holders.delete(holder);
    if (this.total > this.limit) this.makeRoom();
  }

  private holderOf(connection: Connection): Holder {
    const known = this.known.get(connection);
    if (known) return known;
    const holder = { connection, bytes: 0, gone: false };
    this.known.set(connection, holder);
    return holder;
  }

  /** More than is needed, so that it is not needed again at once. */
  private makeRoom(): void {
    const largestFirst = [...this.holders].sort((a, b) => b.bytes - a.bytes);
    for (const holder of largestFirst) {
      if (this.total <= this.limit * 0.75) return;
      this.holders.delete(holder);
      this.total -= holder.bytes;
      holder.gone = true;
      this.cut += 1;
      // Not within what is told of its data: Node 20 then corrupts its own memory.
      setImmediate(() => holder.connection.destroy());
    }
  }
}

/** An object without functions of its own: there is one for every open stream. */
class Hold implements CallHold {
  private own = callBytes;
  private added = 0;
  private ended = false;

  constructor(
    private readonly memory: CallMemory,
    private readonly holder: Holder,
  ) {
    memory.change(holder, callBytes);
  }

  add(bytes: number): void {
    // What is read of it afterwards is thrown away.
    if (this.ended) return;
    this.added += bytes + pieceBytes;
    this.memory.change(this.holder, bytes + pieceBytes);
  }

  settle(): void {
    this.memory.change(this.holder, -this.own);
    this.own = 0;
  }

  end(): void {
    this.ended = true;
    this.settle();
    this.memory.change(this.holder, -this.added);
    this.added = 0;
  }
}
