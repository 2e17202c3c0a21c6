import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Position } from './position.js';

const ids = Array.from({ length: 30 }, (_, i) => String.fromCharCode(97 + i).repeat(22));

it('moves on in one conversation, and keeps what is known of those after it', () => {
  const cursors = fc.dictionary(fc.constantFrom(...ids), fc.nat());
  fc.assert(
    fc.property(cursors, fc.constantFrom(...ids), fc.nat(), fc.nat(), (known, at, seq, revision) => {
      const before = Position.of(new Map(Object.entries(known)));
      const after = before.within(at, seq, revision);
      for (const id of ids) {
        if (id < at) expect(after?.find(id)).toMatchObject({ base: revision, seq: undefined });
        else if (id === at) expect(after?.find(id)).toMatchObject({ base: before.find(id).base, seq });
        else expect(after?.find(id)).toMatchObject({ base: before.find(id).base, seq: before.find(id).seq });
      }
    }),
  );
});

it('is not built for each message while no token could hold it', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => [String(i).padStart(22, '0'), 1] as const);
  const before = Position.of(new Map(many));
  expect(before.within(many[0]?.[0] ?? '', 2, 9)).toBeUndefined();
  const late = before.within(many[9_990]?.[0] ?? '', 2, 9);
  expect(late?.token('account', 'incarnation')).not.toBe('');
});
