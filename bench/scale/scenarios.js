// What is tried on the model: each returns { rows, world, marks }. A row is { name, simulated } and, where the model says
// something, { model, within }: how far the two may be apart, in parts of the model's.
import { cellRate, deviation, failingSends, imbalance, latency, measuredCell, slotsToMove } from './model.js';
import { Random, zipf } from './random.js';
import { World, spreadSlots } from './world.js';

/** Milliseconds to copy a slot's data, and to switch it over once nothing of it is on its way. */
const moving = { copyMs: 30, switchMs: 10 };
/** Slots that are copied at a time. */
const atOnce = 8;
/** Of what a cell takes, in the mean. */
const load = 0.5;

/** seconds: of the run. */
export const usual = { seed: 1, seconds: 30, cells: 10, slots: 1_024, conversations: 20_000 };

const weightsOf = ({ conversations }) => zipf(conversations, 0.6);

function worldOf(options) {
  const { seed, seconds, cells, slots } = options;
  const perSecond = cells * cellRate(measuredCell) * load;
  const weights = weightsOf(options);
  const until = seconds * 1_000;
  return new World({ seed, cells, slots, parameters: measuredCell, weights, perSecond, until });
}

function finish(world) {
  world.run();
  world.check();
}

/** How even the load is that chance gives the cells: many placements, without any sends. */
export function placement(options) {
  const { seed, cells, slots } = options;
  const random = new Random(seed);
  const draws = 200;
  let expected = 0;
  let found = 0;
  for (let draw = 0; draw < draws; draw += 1) {
    const slotWeights = new Array(slots).fill(0);
    for (const weight of weightsOf(options)) slotWeights[random.below(slots)] += weight;
    const sums = new Array(cells).fill(0);
    spreadSlots(random, slots, cells).forEach((cell, slot) => (sums[cell] += slotWeights[slot]));
    expected += imbalance(slotWeights, cells) ** 2;
    found += deviation(sums) ** 2;
  }
  const [model, simulated] = [expected, found].map((sum) => Math.sqrt(sum / draws));
  return { rows: [{ name: "deviation of the cells' loads", model, simulated, within: 0.1 }] };
}

/** Nothing happens. */
export function steady(options) {
  const world = worldOf(options);
  finish(world);
  const total = world.acknowledged.length;
  // Each message sees the load of its own cell.
  const model = world.cells
    .map(({ appended }) => (appended / total) * latency(measuredCell, appended / options.seconds))
    .reduce((sum, part) => sum + part, 0);
  const simulated = meanLatency(world.acknowledged);
  return { rows: [{ name: 'latency of a send, ms', model, simulated, within: 0.05 }], world, marks: [] };
}

/** One conversation comes to send so much that its cell has too much; the slots beside it move away. */
export function hotConversation(options) {
  const world = worldOf(options);
  const { until } = world;
  const hot = 0;
  const slot = world.slotOf(hot);
  const home = world.table[slot];
  const [begin, react] = [until * 0.2, until * 0.3];
  world.after(begin, () => sendOften(world, hot, cellRate(measuredCell) * 0.55));
  world.after(react, () => {
    const others = [...world.cells[home].slots].filter((other) => other !== slot);
    // What is left of them and the hot one is what a cell has in the mean, and a little more.
    const leaving = others.slice(0, Math.floor(others.length * 0.8));
    moveInTurns(world, leaving, (i) => (home + 1 + (i % (options.cells - 1))) % options.cells);
  });
  finish(world);
  const here = (from, to) =>
    world.acknowledged.filter(({ cell, at }) => cell === home && at >= from && at < to);
  const last = here(until * 0.8, until);
  const others = world.acknowledged.filter(({ cell, at }) => cell !== home && at >= begin && at < react);
  return {
    rows: [
      { name: 'latency there before, ms', simulated: meanLatency(here(0, begin)) },
      { name: 'latency there before slots move, ms', simulated: meanLatency(here(react - 500, react)) },
      { name: 'latency in the other cells meanwhile, ms', simulated: meanLatency(others) },
      {
        name: 'latency there in the end, ms',
        model: latency(measuredCell, (last.length * 1_000) / (until * 0.2)),
        simulated: meanLatency(last),
        within: 0.25,
      },
      { name: 'sends refused as too many wait', simulated: world.refusals.length },
    ],
    world,
    marks: [
      { at: begin, words: 'a conversation gets hot' },
      { at: react, words: 'slots move away' },
    ],
  };
}

/** A cell is away for a while. */
export function lostCell(options) {
  const world = worldOf(options);
  const [begin, end] = [world.until * 0.3, world.until * 0.6];
  const offered = [];
  world.after(begin, () => {
    world.cells[0].lose();
    offered.push(world.offered);
  });
  world.after(end, () => {
    world.cells[0].comeBack();
    offered.push(world.offered);
  });
  finish(world);
  const refused = world.refusals.filter(({ at }) => at >= begin && at < end).length;
  const elsewhere = (from, to) =>
    world.acknowledged.filter(({ cell, at }) => cell !== 0 && at >= from && at < to);
  return {
    rows: [
      {
        name: 'part of the sends that are refused meanwhile',
        model: failingSends(options.cells, 1),
        simulated: refused / (offered[1] - offered[0]),
        within: 0.25,
      },
      {
        name: 'latency in the other cells meanwhile, ms',
        model: meanLatency(elsewhere(0, begin)),
        simulated: meanLatency(elsewhere(begin, end)),
        within: 0.2,
      },
      { name: 'sends that are never acknowledged', model: 0, simulated: unanswered(world), within: 0 },
    ],
    world,
    marks: [
      { at: begin, words: 'a cell is lost' },
      { at: end, words: 'it is back' },
    ],
  };
}

/** A cell is added, and gets its part of the slots from all others. */
export function addedCell(options) {
  const { cells, slots } = options;
  const world = worldOf(options);
  const begin = world.until / 4;
  const expected = slotsToMove(slots, cells, 1);
  const refusing = [];
  let finished = 0;
  world.after(begin, () => {
    const added = world.addCell();
    const each = Math.round(expected / cells);
    const leaving = world.cells.slice(0, cells).flatMap((cell) => [...cell.slots].slice(0, each));
    moveInTurns(
      world,
      leaving,
      () => added.id,
      (time) => {
        refusing.push(time);
        finished = world.now;
      },
    );
  });
  finish(world);
  const last = world.acknowledged.filter(
    ({ at }) => at > Math.max(finished, world.until / 2) && at <= world.until,
  );
  return {
    rows: [
      { name: 'slots moved', model: expected, simulated: refusing.length, within: 0.15 },
      {
        name: 'part of the sends that the new cell takes',
        model: 1 / (cells + 1),
        simulated: last.filter(({ cell }) => cell === cells).length / last.length,
        within: 0.35,
      },
      { name: 'ms in which nobody takes a slot, at most', simulated: Math.max(...refusing) },
      { name: 'sends that found their slot moved', simulated: world.redirects },
      { name: 'longest send, ms', simulated: longestSend(world) },
      { name: 'sends refused', model: 0, simulated: world.refusals.length, within: 0 },
      { name: 'sends that are never acknowledged', model: 0, simulated: unanswered(world), within: 0 },
    ],
    world,
    marks: [{ at: begin, words: 'a cell is added' }],
  };
}

export const scenarios = {
  'cells at chance': placement,
  'steady load': steady,
  'a hot conversation': hotConversation,
  'a lost cell': lostCell,
  'a cell is added': addedCell,
};

/** Whether what was simulated is what the model says. */
export function agrees({ model, simulated, within }) {
  return model === undefined || Math.abs(simulated - model) <= within * Math.abs(model);
}

function sendOften(world, conversation, perSecond) {
  const next = () => {
    if (world.now >= world.until) return;
    world.send(conversation);
    world.after(world.random.untilNext(perSecond / 1_000), next);
  };
  next();
}

function moveInTurns(world, slots, to, moved = () => undefined) {
  let next = 0;
  const turn = () => {
    if (next >= slots.length) return;
    const i = next;
    next += 1;
    world.move(slots[i], to(i), moving, (time) => {
      moved(time);
      turn();
    });
  };
  for (let i = 0; i < atOnce; i += 1) turn();
}

function unanswered(world) {
  return world.offered - world.acknowledged.length;
}

function longestSend(world) {
  return world.acknowledged.reduce((most, one) => Math.max(most, one.latency), 0);
}

function meanLatency(sends) {
  return sends.reduce((sum, one) => sum + one.latency, 0) / sends.length;
}
