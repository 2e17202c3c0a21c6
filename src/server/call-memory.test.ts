import { describe, expect, it } from 'vitest';
import { eventually } from '../../test/testkit/deadline.js';
import { CallMemory } from './call-memory.js';

class Wire {
  open = true;

  destroy(): void {
    this.open = false;
  }
}

describe('what calls keep in memory', () => {
  it('is taken from the connections that hold most', async () => {
    const memory = new CallMemory(1_000_000);
    const [small, large, larger] = [new Wire(), new Wire(), new Wire()];
    memory.begin(small).add(10_000);
    memory.begin(large).add(300_000);
    const calls = Array.from({ length: 10 }, () => memory.begin(larger));
    for (const call of calls) call.add(55_000);
    expect([small.open, large.open, larger.open]).toEqual([true, true, true]);
    memory.begin(large).add(120_000);
    await eventually('the largest is cut off', () => !larger.open);
    expect([small.open, large.open, larger.open]).toEqual([true, true, false]);
    expect(memory.bytes).toBeLessThan(500_000);
    // Of one that is gone nothing counts any more.
    const before = memory.bytes;
    for (const call of calls) call.end();
    calls[0]?.add(1_000_000);
    expect(memory.bytes).toBe(before);
    expect(memory.cutOff).toBe(1);
  });

  it('is nothing once the calls have ended', () => {
    const memory = new CallMemory(1_000_000);
    const wire = new Wire();
    const [one, two] = [memory.begin(wire), memory.begin(wire)];
    one.add(1_000);
    two.settle();
    two.add(2_000);
    for (const call of [one, two, one]) call.end();
    one.add(1_000);
    expect(memory.bytes).toBe(0);
    memory.begin(wire).add(5_000);
    expect(memory.bytes).toBeGreaterThan(5_000);
  });

  it('counts calls that bring nothing', async () => {
    const memory = new CallMemory(1_000_000);
    const wire = new Wire();
    for (let i = 0; i < 200; i += 1) memory.begin(wire);
    await eventually('it is cut off', () => !wire.open);
  });
});
