// Cells, the table that says which cell has which slot, and people who send: a simulation of events, with a clock of its
// own and the same course for the same seed.
import { Random, Weighted } from './random.js';
import { Cell } from './cell.js';
import { Events } from './events.js';

/** Milliseconds that a hop between two machines takes, there and back. */
const hopMs = 1;
/** Milliseconds until a send that was refused is tried again. */
const retryMs = 250;
/** Of one table of slots each: what forwards sends. */
const routers = 20;

/** Each cell has as many slots as the others; which ones is chance. Returns the cell of each slot. */
export function spreadSlots(random, slots, cells) {
  const order = Array.from({ length: slots }, (_, slot) => slot);
  for (let i = slots - 1; i > 0; i -= 1) {
    const other = random.below(i + 1);
    [order[i], order[other]] = [order[other], order[i]];
  }
  const table = [];
  order.forEach((slot, place) => (table[slot] = place % cells));
  return table;
}

export class World {
  #events = new Events();
  #arrivals;
  /** Of each conversation, and of who sends to it. */
  #slots;
  #homes;
  #numbers = new Map();
  /** The table as it is, and as each router last saw it. */
  table = [];
  #seen = [];
  /** Of each conversation what was appended: the numbers that its senders gave. */
  logs;
  /** { at, cell, conversation, number, latency } of each acknowledged send. */
  acknowledged = [];
  /** { at, cell, reason } of each first try that was refused. */
  refusals = [];
  redirects = 0;
  offered = 0;

  /** weights: of the conversations; perSecond: sends to all of them; until: milliseconds. */
  constructor({ seed, cells, slots, parameters, weights, perSecond, until }) {
    this.random = new Random(seed);
    this.parameters = parameters;
    this.perSecond = perSecond;
    this.until = until;
    this.#arrivals = new Weighted(weights);
    this.logs = weights.map(() => new Set());
    this.cells = Array.from({ length: cells }, (_, id) => new Cell(id, parameters, this));
    this.table = spreadSlots(this.random, slots, cells);
    this.table.forEach((cell, slot) => this.cells[cell].slots.add(slot));
    this.#slots = weights.map(() => this.random.below(slots));
    this.#homes = weights.map(() => this.random.below(slots));
    this.#seen = Array.from({ length: routers }, () => [...this.table]);
  }

  get now() {
    return this.#events.now;
  }

  after(milliseconds, act) {
    this.#events.after(milliseconds, act);
  }

  slotOf(conversation) {
    return this.#slots[conversation];
  }

  /** By a cell that has the conversation. A message that is sent again is found, not appended again. */
  append(cell, conversation, { number }) {
    const slot = this.slotOf(conversation);
    if (this.cells.some((other) => other.slots.has(slot) !== (other === cell))) {
      throw new Error('a conversation was appended to by a cell that does not have it alone');
    }
    this.logs[conversation].add(number);
  }

  /** Sends come until the end; resolves what is under way. */
  run() {
    this.#arrive();
    this.#events.run();
  }

  #arrive() {
    if (this.now >= this.until) return;
    this.send(this.#arrivals.draw(this.random));
    this.after(this.random.untilNext(this.perSecond / 1_000), () => this.#arrive());
  }

  /** The next message of a conversation, which is tried until it is acknowledged, or given up when the run ends. */
  send(conversation) {
    this.offered += 1;
    const number = (this.#numbers.get(conversation) ?? 0) + 1;
    this.#numbers.set(conversation, number);
    this.#try(conversation, number, this.now, this.random.below(routers));
  }

  #try(conversation, number, begun, router, first = true) {
    const slot = this.slotOf(conversation);
    const home = this.cells[this.table[this.#homes[conversation]]];
    const cell = this.cells[this.#seen[router][slot]];
    const refuse = (reason) => {
      if (first) this.refusals.push({ at: this.now, cell: cell.id, reason });
      if (this.now < this.until)
        this.after(retryMs, () => this.#try(conversation, number, begun, router, false));
    };
    if (home.lost) return refuse('unavailable');
    const outcome = cell.offer(conversation, {
      number,
      done: () =>
        this.acknowledged.push({
          at: this.now,
          cell: cell.id,
          conversation,
          number,
          latency: this.now - begun,
        }),
      fail: refuse,
    });
    if (outcome === 'taken') return undefined;
    if (outcome !== 'moved') return refuse(outcome);
    // The router looks the slot up. While it is being switched there is nobody yet who takes it: soon again.
    this.redirects += 1;
    this.#seen[router][slot] = this.table[slot];
    const pause = this.cells[this.table[slot]].leaving.has(slot) ? 20 : hopMs;
    return this.after(pause, () => this.#try(conversation, number, begun, router, first));
  }

  /**
   * Moves a slot as docs/scale.md says: copies it while it is in use, then its old cell takes nothing of it any more, and
   * when what was on its way is copied too, the table names the new one. `moved` is told how long nobody took it.
   */
  move(slot, to, { copyMs, switchMs }, moved = () => undefined) {
    const from = this.cells[this.table[slot]];
    this.after(copyMs, () => {
      from.leaving.add(slot);
      const fenced = this.now;
      const finish = () => {
        if (!from.drained(slot)) return this.after(1, finish);
        return this.after(switchMs, () => {
          from.slots.delete(slot);
          from.leaving.delete(slot);
          this.cells[to].slots.add(slot);
          this.table[slot] = to;
          moved(this.now - fenced);
        });
      };
      finish();
    });
  }

  addCell() {
    const cell = new Cell(this.cells.length, this.parameters, this);
    this.cells.push(cell);
    return cell;
  }

  /** Throws when a message that was acknowledged is not there, or was acknowledged twice. */
  check() {
    const told = new Set();
    for (const { conversation, number } of this.acknowledged) {
      const name = `${conversation} ${number}`;
      if (told.has(name)) throw new Error('a message was acknowledged twice');
      if (!this.logs[conversation].has(number))
        throw new Error('a message that was acknowledged is not there');
      told.add(name);
    }
  }
}
