/** Functions that are called with each event, in the order in which they were added. */
export class Listeners<T> {
  private readonly all = new Set<(event: T) => void>();

  /** Returns what removes the listener. */
  add(listener: (event: T) => void): () => void {
    this.all.add(listener);
    return () => {
      this.all.delete(listener);
    };
  }

  call(event: T): void {
    for (const listener of [...this.all]) listener(event);
  }
}
