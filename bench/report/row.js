// One line of the result: a figure, its floor, and what was aimed at.
import { spread } from './statistics.js';

/**
 * Of a figure that was measured in several rounds, each beside its floor.
 *
 * `aims`: [{ of: 'median' | 'worst', atLeast | atMost }], of the ratio of figure and floor of one round; of the figure
 * itself where `floor` is undefined. `worst` is the least good round.
 */
export class Row {
  #rounds = [];

  constructor({ name, unit, floor, aims }) {
    this.name = name;
    this.unit = unit;
    /** What the floor is; undefined: none. */
    this.floor = floor;
    this.aims = aims;
    /** What a reader should know of the numbers, by name: text or numbers. */
    this.notes = {};
  }

  /** `base`: the floor of the same round. */
  add(value, base) {
    if (!Number.isFinite(value) || (this.floor !== undefined && !(base > 0))) {
      throw new Error(`${this.name}: ${value} beside ${base} is no measurement`);
    }
    this.#rounds.push({ value, ...(this.floor !== undefined && { floor: base, ratio: value / base }) });
  }

  note(name, value) {
    this.notes[name] = value;
  }

  /** What is judged: ratios, or figures where there is no floor. */
  get judged() {
    return this.#rounds.map(({ value, ratio }) => ratio ?? value);
  }

  /** For the report and the plots. */
  summary() {
    const judged = this.judged;
    const of = (part) => spread(this.#rounds.map((round) => round[part]));
    return {
      name: this.name,
      unit: this.unit,
      floor: this.floor,
      rounds: this.#rounds,
      value: of('value'),
      ...(this.floor !== undefined && { floorValue: of('floor'), ratio: of('ratio') }),
      aims: this.aims.map((aim) => ({ ...aim, reached: isReached(aim, judged) })),
      notes: this.notes,
    };
  }
}

/** Whether the aim is reached by these ratios. */
export function isReached({ of, atLeast, atMost }, ratios) {
  const { min, median, max } = spread(ratios);
  if (atLeast !== undefined) return (of === 'worst' ? min : median) >= atLeast;
  return (of === 'worst' ? max : median) <= atMost;
}
