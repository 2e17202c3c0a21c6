import fc from 'fast-check';
import { it } from 'vitest';
import { LmdbStore } from '../../src/kv-lmdb/lmdb-store.js';
import { Pair, step } from '../testkit/pair.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { startChat } from '../testkit/test-chat.js';

/** Runs that go on side by side: most of the time they wait for the disk. */
const lanes = 8;

it('answers as the model does, whatever several people do in whatever order', async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
    const store = await LmdbStore.open({ folder: await temporaryFolder() });
    const real = await startChat({ store });
    try {
      const pair = new Pair(real);
      await pair.run([
        { type: 'create', who: 'ann' },
        { type: 'create', who: 'ben' },
      ]);
      await pair.run(steps);
      await pair.compare();
    } finally {
      await real.chat.close();
      await store.close();
    }
  });
  const runs = await Promise.allSettled(
    Array.from({ length: lanes }, async () => fc.assert(property, { numRuns: 40 })),
  );
  for (const run of runs) if (run.status === 'rejected') throw run.reason;
}, 180_000);
