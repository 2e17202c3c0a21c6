// What is told of several rounds: medians and spread, and never a mean, which one round can move at will.

/** Linear between the two nearest values, as type 7 of Hyndman and Fan (1996). `part`: from 0 to 1. */
export function quantile(values, part) {
  if (values.length === 0) throw new Error('a quantile of no values');
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const low = sorted[Math.floor(place)];
  return low + (sorted[Math.ceil(place)] - low) * (place - Math.floor(place));
}

export function median(values) {
  return quantile(values, 0.5);
}

/** { min, q1, median, q3, max } */
export function spread(values) {
  const [min, q1, middle, q3, max] = [0, 0.25, 0.5, 0.75, 1].map((part) => quantile(values, part));
  return { min, q1, median: middle, q3, max };
}

/**
 * The longest time without any of the events at `times`, which rise, until `end`: of those that last beyond `begin`. What
 * is still going on at the end counts; it may be longer.
 */
export function longestGap(times, begin, end) {
  const within = times.filter((time) => time < end);
  if (!(within[0] <= begin)) throw new Error('nothing had happened when the gap was looked for');
  const gaps = [...within.slice(1), end].map((time, i) => (time > begin ? time - within[i] : 0));
  return Math.max(...gaps);
}
