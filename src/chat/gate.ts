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

  /** `wait`: milliseconds for which its turn is waited for, and the error when it has not come by then. Default: any. */
  async run<T>(
    action: () => Promise<T>,
    wait?: { readonly most: number; readonly error: Error },
  ): Promise<T> {
    if (this.running < this.limit) this.running += 1;
    else await this.turn(wait);
    try {
      return await action();
    } finally {
      // Handed on, so that nobody who comes meanwhile gets in between.
      const next = this.queue.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private async turn(wait?: { readonly most: number; readonly error: Error }): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.queue.splice(this.queue.indexOf(begin), 1);
        reject(wait?.error ?? new Error());
      };
      const timer = wait && setTimeout(leave, wait.most);
      const begin = () => {
        clearTimeout(timer);
        resolve();
      };
      this.queue.push(begin);
    });
  }
}
