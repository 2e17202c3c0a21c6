import type { Random } from '../random.js';
import type { Way } from './caller.js';

/** Milliseconds. The promise is 5 s: who waits for longer sees whether it is kept. */
const patient = 9_000;
const usual = 2_500;

/** Stays with a node for a while, as people do, and mostly leaves it after a failure. */
export class NodeChoice {
  private node: number;

  constructor(
    private readonly random: Random,
    readonly count: number,
  ) {
    this.node = random.int(0, count);
  }

  next(): Way {
    if (this.random.chance(0.1)) this.move();
    const deadline = this.random.chance(0.04)
      ? this.random.int(2, 150)
      : this.random.chance(0.35)
        ? patient
        : usual;
    return { node: this.node, deadline };
  }

  /** For what must come through. */
  patient(): Way {
    return { node: this.node, deadline: patient };
  }

  failed(): void {
    if (this.random.chance(0.7)) this.move();
  }

  move(): void {
    this.node = this.random.int(0, this.count);
  }
}
