import { expect, test } from 'vitest';
import { cellsFor, conversationRate, failingSends, latency, measuredCell } from './model.js';
import { agrees, scenarios, usual } from './scenarios.js';

const small = { ...usual, seconds: 6, cells: 4, slots: 128, conversations: 2_000 };

test.each(Object.entries(scenarios))('the simulation is as the model says: %s', (_name, scenario) => {
  for (const row of scenario(small).rows) expect(row, row.name).toSatisfy(agrees);
});

test('the same seed gives the same run, another one another', () => {
  const latencies = (seed) => scenarios['steady load']({ ...small, seconds: 1, seed }).rows[0].simulated;
  expect(latencies(7)).toBe(latencies(7));
  expect(latencies(7)).not.toBe(latencies(8));
});

test('two cells never have one slot, whatever is moved', () => {
  const { world } = scenarios['a cell is added'](small);
  const owners = world.cells.flatMap(({ slots }) => [...slots]);
  expect(owners.toSorted((a, b) => a - b)).toEqual(Array.from({ length: small.slots }, (_, slot) => slot));
});

test('the model at its ends', () => {
  expect(latency(measuredCell, 1e9)).toBe(Infinity);
  expect(latency(measuredCell, 0)).toBeCloseTo(1.5 * measuredCell.commitMs + measuredCell.messageMs);
  expect(failingSends(10, 0)).toBe(0);
  expect(failingSends(10, 10)).toBe(1);
  expect(conversationRate(measuredCell)).toBeLessThan(1_000 / measuredCell.messageMs);
});

test('the cells of a service are what is shortest', () => {
  const service = {
    users: 100_000,
    messagesADay: 40,
    online: 0.2,
    peak: 4,
    keptDays: 365,
    load: 0.5,
    fill: 0.6,
    subscriberMemory: 2 * 1_024 ** 3,
    machineMemory: 64 * 1_024 ** 3,
  };
  const { sending, disk, subscribers, cells, machines } = cellsFor(measuredCell, service);
  expect(cells).toBe(Math.ceil(Math.max(sending, disk, subscribers)));
  expect(disk).toBeGreaterThan(sending);
  expect(machines).toBeGreaterThanOrEqual(measuredCell.nodes);
  expect(cellsFor(measuredCell, { ...service, machineMemory: 1 }).machines).toBe(cells * measuredCell.nodes);
  expect(cellsFor(measuredCell, { ...service, keptDays: 1, online: 1 }).disk).toBeCloseTo(disk / 365);
});
