/**
 * What a single copy of the data, used by one client at a time, would do. `step` returns the state after the operation,
 * or undefined when such a copy could not have answered as it did.
 */
export interface Model<State, Operation> {
  readonly initial: State;
  step(state: State, operation: Operation): State | undefined;
  /** Equal for equal states, different for different ones. */
  key(state: State): string;
}

/** An operation between two moments. `end`: Infinity when it may take effect at any later time, or never. */
export type Timed<Operation> = {
  readonly start: number;
  readonly end: number;
  readonly operation: Operation;
};

export type Verdict<Operation> =
  | { readonly linearizable: true }
  | {
      readonly linearizable: false;
      /** The longest order that was found to be possible, by index into the history. */
      readonly longest: readonly number[];
      /** One of those that had to come next, and could not. */
      readonly stuck: Timed<Operation>;
    }
  /** Too many orders: not decided. */
  | { readonly linearizable: undefined };

/** Ends of operations, in the order of time, in a list from which they can be taken out and put back. */
type Entry = {
  readonly index: number;
  readonly isCall: boolean;
  /** A call's return; a return's call. */
  match: Entry;
  previous: Entry | undefined;
  next: Entry | undefined;
};

/**
 * Whether the operations can be put into one order that keeps the order of those that did not overlap, and that the
 * model allows: the algorithm of Wing and Gong with the memoisation of Lowe ("Testing for linearizability", 2017), which
 * visits no combination of done operations and state twice. Operations of unknown outcome have to be such that the
 * model takes them in every state. `limit`: combinations visited at most.
 */
export function checkLinearizable<State, Operation>(
  model: Model<State, Operation>,
  history: readonly Timed<Operation>[],
  limit = 3_000_000,
): Verdict<Operation> {
  const head = timeline(history);
  const done = new Bits(history.length);
  const seen = new Set<string>();
  const stack: { readonly call: Entry; readonly state: State }[] = [];
  let longest: number[] = [];
  let stuck = history[0];
  let state = model.initial;
  let entry = head.next;
  while (head.next) {
    if (!entry) throw new Error('a call has no return');
    if (entry.isCall) {
      const timed = history[entry.index];
      const after = timed && model.step(state, timed.operation);
      if (after !== undefined) {
        done.set(entry.index);
        const combination = `${done.key()} ${model.key(after)}`;
        if (!seen.has(combination)) {
          seen.add(combination);
          if (seen.size > limit) return { linearizable: undefined };
          stack.push({ call: entry, state });
          state = after;
          takeOut(entry);
          entry = head.next;
          continue;
        }
        done.clear(entry.index);
      }
      entry = entry.next;
      continue;
    }
    // A return whose call is not done yet: one of the choices before was wrong.
    if (stack.length >= longest.length) {
      longest = stack.map(({ call }) => call.index);
      stuck = history[entry.index];
    }
    const last = stack.pop();
    if (!last) {
      if (!stuck) throw new Error('nothing was tried');
      return { linearizable: false, longest, stuck };
    }
    state = last.state;
    done.clear(last.call.index);
    putBack(last.call);
    entry = last.call.next;
  }
  return { linearizable: true };
}

/** The head of the list, which is no entry itself. Calls come before returns of the same moment: they may overlap. */
function timeline(history: readonly Timed<unknown>[]): { next: Entry | undefined } {
  const ends = history.flatMap(({ start, end }, index) => {
    const call: Entry = {
      index,
      isCall: true,
      match: undefined as unknown as Entry,
      previous: undefined,
      next: undefined,
    };
    const back: Entry = { index, isCall: false, match: call, previous: undefined, next: undefined };
    call.match = back;
    return [
      { at: start, entry: call },
      { at: end, entry: back },
    ];
  });
  ends.sort((a, b) =>
    a.at === b.at ? Number(b.entry.isCall) - Number(a.entry.isCall) : a.at < b.at ? -1 : 1,
  );
  const head: Entry = {
    index: -1,
    isCall: true,
    match: undefined as unknown as Entry,
    previous: undefined,
    next: undefined,
  };
  let last = head;
  for (const { entry } of ends) {
    last.next = entry;
    entry.previous = last;
    last = entry;
  }
  return head;
}

/** A call and its return. */
function takeOut(call: Entry): void {
  for (const entry of [call, call.match]) {
    if (entry.previous) entry.previous.next = entry.next;
    if (entry.next) entry.next.previous = entry.previous;
  }
}

function putBack(call: Entry): void {
  for (const entry of [call.match, call]) {
    if (entry.previous) entry.previous.next = entry;
    if (entry.next) entry.next.previous = entry;
  }
}

class Bits {
  private readonly words: Uint16Array;

  constructor(size: number) {
    this.words = new Uint16Array(Math.ceil(size / 16));
  }

  set(index: number): void {
    this.words[index >> 4] = (this.words[index >> 4] ?? 0) | (1 << (index & 15));
  }

  clear(index: number): void {
    this.words[index >> 4] = (this.words[index >> 4] ?? 0) & ~(1 << (index & 15));
  }

  key(): string {
    return String.fromCharCode(...this.words);
  }
}
