// Random numbers that are the same for the same seed (mulberry32, by Tommy Ettinger), and what is drawn with them.

export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** 0 <= n < 1. */
  fraction() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(count) {
    return Math.floor(this.fraction() * count);
  }

  /** Time to the next of events that come so often in the mean, independently of each other. */
  untilNext(perTime) {
    return -Math.log(1 - this.fraction()) / perTime;
  }
}

/** Draws places of weights by bisection in their running sums. */
export class Weighted {
  #sums;

  constructor(weights) {
    let sum = 0;
    this.#sums = Float64Array.from(weights, (weight) => (sum += weight));
  }

  draw(random) {
    const wanted = random.fraction() * this.#sums.at(-1);
    let [low, high] = [0, this.#sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sums[middle] > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** Weights of Zipf's law: the i-th is as 1 / (i + 1) ** exponent. */
export function zipf(count, exponent) {
  return Array.from({ length: count }, (_, i) => 1 / (i + 1) ** exponent);
}
