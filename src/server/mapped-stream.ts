export type OpenedStream<A> = {
  readonly items: AsyncIterator<A, unknown>;
  /** Called once, when it is over, in whatever way. */
  readonly onEnd?: () => void;
};

/**
 * Each item of a stream, turned into another. By hand, not as a generator: it can be ended while it waits for the next item,
 * and waiting, which most streams do most of the time, costs little memory.
 */
export class MappedStream<A, B> implements AsyncIterableIterator<B> {
  private source: OpenedStream<A> | undefined;
  private over = false;
  private told = false;

  /** `opening`: what the first call of `next` waits for; rejected, that call is. */
  constructor(
    private opening: Promise<OpenedStream<A>> | undefined,
    private readonly map: (item: A) => B,
  ) {
    // Somebody who never asks for an item is not told.
    opening?.catch(() => undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<B, undefined>> {
    const next = this.source ? this.source.items.next() : this.first();
    return next.then(this.pass, this.fail);
  }

  /** At any time: who waits for an item is told that there is none. */
  async return(): Promise<IteratorResult<B, undefined>> {
    this.over = true;
    this.source ??= await this.opening?.catch(() => undefined);
    this.end();
    await this.source?.items.return?.();
    return finished;
  }

  private async first(): Promise<IteratorResult<A, unknown>> {
    const source = await this.opening;
    this.source = source;
    this.opening = undefined;
    return source && !this.over ? source.items.next() : finished;
  }

  private end(): void {
    if (this.told || !this.source) return;
    this.told = true;
    this.source.onEnd?.();
  }

  private readonly pass = (result: IteratorResult<A, unknown>): IteratorResult<B, undefined> => {
    if (!result.done) return { done: false, value: this.map(result.value) };
    this.end();
    return finished;
  };

  private readonly fail = (error: unknown): never => {
    this.end();
    throw error;
  };
}

const finished = { done: true, value: undefined } as const;
