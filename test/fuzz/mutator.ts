/** Pseudo-random numbers from a seed (mulberry32): the same ones again for the same seed. */
export class Random {
  constructor(private state: number) {}

  /** 0 <= n < 1. */
  fraction(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** 0 <= n < limit. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** What parsers like least. */
const interesting = [
  0x00, 0x01, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x7b, 0x7f, 0x80, 0xbf, 0xc0, 0xed, 0xfe, 0xff,
];
const pieces = [
  '\ud800',
  '\ufeff',
  '\u0000',
  '"',
  '{}',
  '[]',
  'null',
  '-1',
  '1e999',
  '9007199254740993',
  '__proto__',
  'constructor',
  '../',
  '%00',
  '\r\n',
  'ÿ',
  '💥',
].map((text) => Buffer.from(text));

/** One of the inputs, changed in one to eight places; now and then something made up altogether. */
export function mutate(random: Random, corpus: readonly Buffer[]): Buffer {
  if (random.below(40) === 0) return noise(random, random.below(200));
  let bytes: Buffer = Buffer.from(random.pick(corpus));
  for (let i = 1 + random.below(random.pick([1, 2, 8])); i > 0; i -= 1) bytes = change(random, bytes, corpus);
  return bytes;
}

function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}

function change(random: Random, bytes: Buffer, corpus: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length + 1);
  const length = random.below(Math.min(bytes.length - at, random.pick([2, 8, 64])) + 1);
  const [before, part, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ];
  const other = random.pick(corpus);
  const from = random.below(other.length + 1);
  switch (random.below(9)) {
    case 0:
      return flipped(random, bytes, at);
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.from(before);
    case 3:
      return Buffer.concat([before, noise(random, length), after]);
    case 4:
      return Buffer.concat([before, Buffer.from([random.pick(interesting)]), after]);
    case 5:
      return Buffer.concat([before, random.pick(pieces), after]);
    case 6:
      return Buffer.concat([before, ...Array.from({ length: random.pick([2, 3, 100]) }, () => part), after]);
    case 7:
      return Buffer.concat([before, other.subarray(from, from + random.below(64)), after]);
    default:
      return Buffer.concat([before, other.subarray(from)]);
  }
}

function flipped(random: Random, bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  return copy;
}

/** Values as a token or a record may hold them, and as none does. */
export function anyValue(random: Random, depth = 0): unknown {
  const simple = [
    () => random.below(100),
    () => -random.below(100),
    () => random.fraction() * 1e300,
    () => Number.MAX_SAFE_INTEGER + random.below(3) - 1,
    () => random.pick([NaN, Infinity, -0, 2n ** 63n, null, undefined, true, false, '', 'ann']),
    () => noise(random, random.below(40)).toString('latin1'),
    () => noise(random, random.below(40)),
  ];
  if (depth > 2 || random.below(3) > 0) return random.pick(simple)();
  const list = Array.from({ length: random.below(5) }, () => anyValue(random, depth + 1));
  return random.below(2) === 0 ? list : Object.fromEntries(list.map((value, i) => [`k${i}`, value]));
}
