import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { mutants } from './mutants.js';

it('changes exactly one place of the compiled program with each edit', () => {
  const misses = mutants.flatMap(({ name, edits }) =>
    edits.flatMap(({ file, find }) => {
      const text = readFileSync(new URL(`../../dist/${file}`, import.meta.url), 'utf8');
      const places = text.split(find).length - 1;
      return places === 1 ? [] : [`${name}: ${places} places in ${file}: ${find}`];
    }),
  );
  expect(misses).toEqual([]);
});
