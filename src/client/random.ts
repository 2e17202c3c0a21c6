/** Passed in, so that tests can repeat a run. */
export interface Random {
  /** Like Math.random: 0 <= n < 1. */
  fraction(): number;
  /** 128 random bits: never the same twice. Visible ASCII characters. */
  id(): string;
}

/** The machine's own; works in browsers, also on pages without TLS, and in Node.js. */
export const systemRandom: Random = {
  fraction: Math.random,
  id: () =>
    [...crypto.getRandomValues(new Uint8Array(16))]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join(''),
};
