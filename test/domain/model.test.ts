import fc from 'fast-check';
import { it } from 'vitest';
import { LmdbStore } from '../../src/kv-lmdb/lmdb-store.js';
import { Pair, step } from '../testkit/pair.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { startChat } from '../testkit/test-chat.js';

it('answers as the model does, whatever several people do in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
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
    }),
    { numRuns: 150 },
  );
});
