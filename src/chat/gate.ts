/** Lets few actions run at once; the others wait for their turn, in order. */
export class Gate {
  private running = 0;
  private readonly queue: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  /** Actions that wait. */
  get waiting(): number {
    return this.queue.length;
  }

  /** Nothing runs and nothing waits. */
  get idle(): boolean {
    return this.running === 0;
  }

  async run<T>(action: () => Promise<T>): Promise<T> {
    if (this.running < this.limit) this.running += 1;
    else await new Promise<void>((resolve) => this.queue.push(resolve));
    try {
      return await action();
    } finally {
      // Handed on, so that nobody who comes meanwhile gets in between.
      const next = this.queue.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
