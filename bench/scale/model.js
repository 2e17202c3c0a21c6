// What docs/scale.md claims of many cells, as formulas. simulation.js checks them.

/**
 * A cell as it was measured (docs/scale.md): a group of nodes with one Raft group.
 *
 * commitMs: what a batch takes however small; messageMs: what each message adds; batch: messages at most;
 * conversationBatch: of one conversation; queueLimit: messages of one conversation that wait; quotaBytes: of each node's database;
 * messageBytes: of a message in it; indexBytes: of memory that its member holds for a message; cachedPart: of the database,
 * what the system should have in memory; subscriberBytes: of an idle one; programBytes: of memory of a node with nothing in it.
 */
export const measuredCell = {
  nodes: 5,
  commitMs: 5,
  messageMs: 0.4,
  batch: 1_000,
  conversationBatch: 480,
  queueLimit: 1_000,
  quotaBytes: 8 * 1_024 ** 3,
  messageBytes: 389,
  indexBytes: 328,
  cachedPart: 0.1,
  programBytes: 400 * 1_024 ** 2,
  subscriberBytes: 31 * 1_024,
};

/** Messages a second that a cell takes at most. */
export function cellRate({ messageMs }) {
  return 1_000 / messageMs;
}

/** Messages a second of one conversation, alone in its cell: it is one row of batches, each built upon the last one. */
export function conversationRate({ commitMs, messageMs, conversationBatch }) {
  return (1_000 * conversationBatch) / (commitMs + conversationBatch * messageMs);
}

/**
 * Milliseconds until a message is acknowledged, in the mean, while so many come to a cell by the second, independently of each
 * other; infinite at more than it takes. Each batch takes what came during the last one, so its length T is `commitMs` and
 * `messageMs` for each of N messages, N being of Poisson's distribution with the last T: E[T] = commitMs / (1 - load) and
 * Var[T] = load * messageMs * E[T] / (1 - load ** 2). A message comes during a long batch more often than during a short one; it
 * waits for half of that, and then for its own.
 */
export function latency(cell, perSecond) {
  const load = perSecond / cellRate(cell);
  if (load >= 1) return Infinity;
  const mean = cell.commitMs / (1 - load);
  const variance = (load * cell.messageMs * mean) / (1 - load ** 2);
  const met = mean + variance / mean;
  return met / 2 + cell.commitMs + cell.messageMs + load * met;
}

/**
 * The standard deviation of the cells' loads, in parts of their mean: each has as many slots as the others, drawn by chance,
 * so that it is the slots' own deviation, evened out by how many a cell has (drawing without putting back).
 */
export function imbalance(slotWeights, cells) {
  return deviation(slotWeights) * Math.sqrt((cells - 1) / (slotWeights.length - 1));
}

/** Of these values, in parts of their mean. */
export function deviation(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) / mean;
}

/** The part of all sends that fail while so many cells are lost: the sender's cell and the conversation's are needed. */
export function failingSends(cells, lost) {
  return 1 - (1 - lost / cells) ** 2;
}

/** Slots that have to move when cells are added to those among which they are spread evenly. */
export function slotsToMove(slots, cells, added) {
  return (slots * added) / (cells + added);
}

/** Seconds that a move of so many bytes takes, and of them those in which its partitions take nothing. */
export function moveTime({ bytes, copyRate, switchMs }) {
  return { seconds: bytes / copyRate + switchMs / 1_000, refusing: switchMs / 1_000 };
}

/**
 * Cells that a service needs, by what is short, and the machines for them:
 * { sending, disk, subscribers, cells, machines }. A machine carries nodes of several cells as long as their memory fits; a cell has
 * each of its nodes on another one.
 *
 * users; messagesADay of each; online: the part of them that is connected at most; peak: the busiest second against the
 * mean one; keptDays: until a message is deleted; load: of what a cell takes, what is planned for; fill: of the quota;
 * subscriberMemory: bytes of a node for subscribers; machineMemory: bytes.
 */
export function cellsFor(cell, service) {
  const { users, messagesADay, online, peak, keptDays, load, fill, subscriberMemory, machineMemory } =
    service;
  const daily = users * messagesADay;
  const kept = daily * keptDays;
  const sending = ((daily / 86_400) * peak) / (cellRate(cell) * load);
  const disk = (kept * cell.messageBytes) / (cell.quotaBytes * fill);
  // With two nodes away, three carry all.
  const subscribers = (users * online * cell.subscriberBytes) / ((cell.nodes - 2) * subscriberMemory);
  const cells = Math.ceil(Math.max(sending, disk, subscribers));
  const nodeMemory =
    cell.programBytes +
    (kept / cells) * (cell.indexBytes + cell.messageBytes * cell.cachedPart) +
    (users * online * cell.subscriberBytes) / cells / (cell.nodes - 2);
  const perMachine = Math.max(1, Math.floor(machineMemory / nodeMemory));
  const machines = Math.max(cell.nodes, Math.ceil((cells * cell.nodes) / perMachine));
  return { sending, disk, subscribers, cells, nodeMemory, machines };
}
