import type { Commit, KeyRange } from '../kv/store.js';
import { isWithin, nameOf } from './final-writes.js';

/** The keys that a commit reads and writes. */
export class Footprint {
  readonly checked: readonly string[];
  readonly written: readonly string[];
  readonly ranges: readonly KeyRange[];

  constructor({ checks, writes }: Commit) {
    this.checked = checks.map(({ key }) => nameOf(key));
    this.written = writes.flatMap((write) => (write.type === 'deleteRange' ? [] : [nameOf(write.key)]));
    this.ranges = writes.flatMap((write) =>
      // Each its own object, by which it is taken out again.
      write.type === 'deleteRange' ? [{ start: write.start, end: write.end }] : [],
    );
  }
}

/** Footprints of commits, to ask whether another commit may run beside them. */
export class Footprints {
  /** How often a key is checked, and written, by these. */
  private readonly checked = new Map<string, number>();
  private readonly written = new Map<string, number>();
  private readonly ranges = new Set<KeyRange>();

  add(footprint: Footprint): void {
    for (const name of footprint.checked) change(this.checked, name, 1);
    for (const name of footprint.written) change(this.written, name, 1);
    for (const range of footprint.ranges) this.ranges.add(range);
  }

  /** Takes out one that was added. */
  remove(footprint: Footprint): void {
    for (const name of footprint.checked) change(this.checked, name, -1);
    for (const name of footprint.written) change(this.written, name, -1);
    for (const range of footprint.ranges) this.ranges.delete(range);
  }

  /** Whether the commit touches a key that one of these writes, or writes a key that one of these touches. */
  conflicts({ checked, written, ranges }: Footprint): boolean {
    return (
      checked.some((name) => this.written.has(name) || this.isInRange(name)) ||
      written.some((name) => this.written.has(name) || this.checked.has(name) || this.isInRange(name)) ||
      ranges.some((range) => this.isTouched(range))
    );
  }

  private isInRange(name: string): boolean {
    if (this.ranges.size === 0) return false;
    const key = Buffer.from(name, 'latin1');
    return [...this.ranges].some((range) => isWithin(key, range));
  }

  private isTouched(range: KeyRange): boolean {
    for (const names of [this.checked, this.written]) {
      for (const name of names.keys()) if (isWithin(Buffer.from(name, 'latin1'), range)) return true;
    }
    return [...this.ranges].some(
      (other) => Buffer.compare(range.start, other.end) < 0 && Buffer.compare(other.start, range.end) < 0,
    );
  }
}

function change(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}
