import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyWrite, bytes, keyNames, text } from '../kv/contract/fixture.js';
import type { Commit } from '../kv/store.js';
import { Footprint, Footprints } from './footprint.js';

const name = fc.constantFrom(...keyNames);
const anyCommit = fc.record({
  checks: fc.array(
    name.map((key) => ({ key: bytes(key), revision: null })),
    { maxLength: 2 },
  ),
  writes: fc.array(anyWrite, { minLength: 1, maxLength: 2 }),
});

function written({ writes }: Commit): string[] {
  return keyNames.filter((key) =>
    writes.some((one) =>
      one.type === 'deleteRange' ? text(one.start) <= key && key < text(one.end) : text(one.key) === key,
    ),
  );
}

function touched(commit: Commit): string[] {
  return [...written(commit), ...commit.checks.map(({ key }) => text(key))];
}

describe('footprints', () => {
  it('conflict when one commit writes what the other touches', () => {
    fc.assert(
      fc.property(fc.array(anyCommit, { maxLength: 4 }), anyCommit, (commits, commit) => {
        const footprints = new Footprints();
        for (const one of commits) footprints.add(new Footprint(one));
        const meet = commits.some(
          (one) =>
            written(one).some((key) => touched(commit).includes(key)) ||
            touched(one).some((key) => written(commit).includes(key)),
        );
        // Ranges may meet where there is no key of these five.
        if (meet) expect(footprints.conflicts(new Footprint(commit))).toBe(true);
        const ranges = [...commits, commit].some(({ writes }) =>
          writes.some(({ type }) => type === 'deleteRange'),
        );
        if (!ranges) expect(footprints.conflicts(new Footprint(commit))).toBe(meet);
      }),
    );
  });

  it('are gone when they are taken out', () => {
    fc.assert(
      fc.property(fc.array(anyCommit, { maxLength: 4 }), anyCommit, (commits, commit) => {
        const footprints = new Footprints();
        const all = commits.map((one) => new Footprint(one));
        for (const one of all) footprints.add(one);
        for (const one of all) footprints.remove(one);
        expect(footprints.conflicts(new Footprint(commit))).toBe(false);
      }),
    );
  });

  it('let commits that only check the same key run side by side', () => {
    const footprints = new Footprints();
    const checks = [{ key: bytes('shared'), revision: 1 }];
    footprints.add(new Footprint({ checks, writes: [{ type: 'delete', key: bytes('x') }] }));
    expect(
      footprints.conflicts(new Footprint({ checks, writes: [{ type: 'delete', key: bytes('y') }] })),
    ).toBe(false);
  });
});
