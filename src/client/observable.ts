/**
 * A value that changes, in the form that React's useSyncExternalStore takes: `subscribe` and `getSnapshot`
 * need no `this`, and the snapshot is the same object until something changes. Listeners are called once for
 * all that changes in one turn.
 */
export class Observable<T> {
  private snapshot: T | undefined;
  private pending = false;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly build: () => T) {}

  readonly getSnapshot = (): T => {
    this.snapshot ??= this.build();
    return this.snapshot;
  };

  /** Returns what ends it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  /** The next snapshot is built anew. */
  changed(): void {
    this.snapshot = undefined;
    if (this.pending) return;
    this.pending = true;
    queueMicrotask(() => {
      this.pending = false;
      for (const listener of [...this.listeners]) listener();
    });
  }
}
