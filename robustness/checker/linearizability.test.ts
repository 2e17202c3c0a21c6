import { assert, integer, nat, property, array, tuple, constantFrom } from 'fast-check';
import { expect, it } from 'vitest';
import { checkLinearizable } from './linearizability.js';
import type { Model, Timed } from './linearizability.js';

type Register = { readonly do: 'write' | 'read'; readonly value: number };

const register: Model<number, Register> = {
  initial: 0,
  step: (state, { do: action, value }) => {
    if (action === 'write') return value;
    return state === value ? state : undefined;
  },
  key: String,
};

function write(start: number, end: number, value: number): Timed<Register> {
  return { start, end, operation: { do: 'write', value } };
}

function read(start: number, end: number, value: number): Timed<Register> {
  return { start, end, operation: { do: 'read', value } };
}

const verdict = (history: readonly Timed<Register>[]) => checkLinearizable(register, history).linearizable;

it('takes what happened one after the other', () => {
  expect(verdict([])).toBe(true);
  expect(verdict([write(0, 1, 1), read(2, 3, 1), write(4, 5, 2), read(6, 7, 2)])).toBe(true);
});

it('takes either order of what overlapped', () => {
  expect(verdict([write(0, 10, 1), read(1, 2, 0), read(3, 4, 1)])).toBe(true);
  expect(verdict([write(0, 10, 1), write(0, 10, 2), read(11, 12, 1)])).toBe(true);
  expect(verdict([write(0, 10, 1), write(0, 10, 2), read(11, 12, 2)])).toBe(true);
});

it('knows a stale read, one that goes back, and one of what nobody wrote', () => {
  expect(verdict([write(0, 1, 1), read(2, 3, 0)])).toBe(false);
  expect(verdict([write(0, 10, 1), read(1, 2, 1), read(3, 4, 0)])).toBe(false);
  expect(verdict([write(0, 1, 1), read(0, 3, 7)])).toBe(false);
  // Two readers that see two writes in different orders.
  const both = [write(0, 10, 1), write(0, 10, 2)];
  const disagreeing = [read(1, 2, 1), read(3, 4, 2), read(1, 2, 2), read(3, 4, 1)];
  expect(verdict([...both, ...disagreeing])).toBe(false);
});

it('leaves open when a write of unknown outcome took effect, if at all', () => {
  expect(verdict([write(0, Infinity, 1), read(1, 2, 0), read(3, 4, 0)])).toBe(true);
  expect(verdict([write(0, Infinity, 1), read(1, 2, 0), read(3, 4, 1)])).toBe(true);
  expect(verdict([write(0, Infinity, 1), read(1, 2, 1), read(3, 4, 0)])).toBe(false);
});

it('says what could not come next', () => {
  const stale = read(4, 5, 0);
  const result = checkLinearizable(register, [write(0, 1, 1), read(2, 3, 1), stale]);
  expect(result).toEqual({ linearizable: false, longest: [0, 1], stuck: stale });
});

it('gives up past its limit', () => {
  const history = Array.from({ length: 20 }, (_, i) => write(0, 100, i + 1));
  expect(checkLinearizable(register, [...history, read(101, 102, 99)], 1_000).linearizable).toBe(undefined);
});

it('decides as trying every order does', () => {
  const operation = tuple(
    constantFrom('read' as const, 'write' as const),
    nat(2),
    nat(12),
    integer({ min: 1, max: 6 }),
    nat(5),
  );
  const histories = array(operation, { maxLength: 6 }).map((operations) =>
    operations.map(([action, value, start, length, open]): Timed<Register> => {
      // Only what the model always takes may be open.
      const end = action === 'write' && open === 0 ? Infinity : start + length;
      return { start, end, operation: { do: action, value } };
    }),
  );
  let yes = 0;
  let no = 0;
  assert(
    property(histories, (history) => {
      const expected = bruteForce(history, 0, new Set());
      if (expected) yes += 1;
      else no += 1;
      return verdict(history) === expected;
    }),
    { numRuns: 3_000 },
  );
  // Neither answer is a rare one.
  expect(Math.min(yes, no)).toBeGreaterThan(300);
});

/** Tries every order in which no operation comes before one that had ended before it began. */
function bruteForce(history: readonly Timed<Register>[], state: number, done: ReadonlySet<number>): boolean {
  const left = history.filter((_, i) => !done.has(i));
  if (left.every(({ end }) => end === Infinity)) return true;
  return history.some((candidate, i) => {
    if (done.has(i) || left.some(({ end }) => end < candidate.start)) return false;
    const after = register.step(state, candidate.operation);
    return after !== undefined && bruteForce(history, after, new Set([...done, i]));
  });
}
