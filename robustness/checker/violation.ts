/** Something that must not be. */
export type Violation = {
  /** The promise that is broken, as docs/architecture.md names it; `run`: the run itself shows nothing. */
  readonly promise: 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6' | 'G7' | 'G8' | 'G9' | 'G10' | 'run';
  /** One word for the kind of it. */
  readonly kind: string;
  /** What was seen, with the ids of the calls that show it. */
  readonly what: string;
  /** Of `moment`; undefined: no single one. */
  readonly at?: number;
};

/** Violations of one kind that are told at most; the rest is counted. */
const told = 5;

/** Collects what is found. */
export class Findings {
  private readonly byKind = new Map<string, Violation[]>();

  add(violation: Violation): void {
    const key = `${violation.promise} ${violation.kind}`;
    const list = this.byKind.get(key);
    if (list) list.push(violation);
    else this.byKind.set(key, [violation]);
  }

  get all(): Violation[] {
    return [...this.byKind.values()].flat();
  }

  /** One line each; of many of one kind only the first. */
  get lines(): string[] {
    return [...this.byKind.values()].flatMap((list) => [
      ...list.slice(0, told).map(({ promise, kind, what }) => `${promise} ${kind}: ${what}`),
      ...(list.length > told ? [`  … and ${list.length - told} more of this kind`] : []),
    ]);
  }
}
