import type { Socket } from 'node:net';

/** One direction of a connection: passes bytes on at once, after a delay, or not at all. */
export class Pipe {
  private blocked = false;
  private delay = 0;
  private readonly waiting: { readonly due: number; readonly bytes: Buffer | undefined }[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** `onTouched`: called for each chunk that is held back or delayed. */
  constructor(
    private readonly source: Socket,
    private readonly target: Socket,
    private readonly onTouched: () => void,
  ) {
    source.on('data', (bytes: Buffer) => this.take(bytes));
    source.on('end', () => this.take(undefined));
    target.on('drain', () => {
      if (!this.blocked) source.resume();
    });
  }

  /** `delay`: milliseconds. */
  set(blocked: boolean, delay: number): void {
    this.blocked = blocked;
    this.delay = delay;
    if (!blocked) this.source.resume();
    this.forward();
  }

  close(): void {
    clearTimeout(this.timer);
    this.waiting.length = 0;
  }

  /** `bytes`: undefined at the end. */
  private take(bytes: Buffer | undefined): void {
    if (this.blocked || this.delay > 0) this.onTouched();
    if (this.blocked) this.source.pause();
    if (!this.blocked && this.delay === 0 && this.waiting.length === 0) return this.write(bytes);
    this.waiting.push({ due: performance.now() + this.delay, bytes });
    this.forward();
  }

  private forward(): void {
    clearTimeout(this.timer);
    while (!this.blocked) {
      const [next] = this.waiting;
      if (!next) return;
      const left = next.due - performance.now();
      if (left > 0) {
        this.timer = setTimeout(() => this.forward(), left);
        return;
      }
      this.waiting.shift();
      this.write(next.bytes);
    }
  }

  private write(bytes: Buffer | undefined): void {
    if (bytes === undefined) this.target.end();
    else if (!this.target.write(bytes)) this.source.pause();
  }
}
