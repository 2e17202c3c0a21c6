import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../store.js';
import { concurrencyContract } from './concurrency.js';
import { dataContract } from './data.js';
import type { Adapter, StorePlace } from './fixture.js';
import { lifeContract } from './life.js';

/** What every adapter of the port must pass. An adapter brings a factory and says what it can do. */
export function storeContract(adapter: Adapter): void {
  for (const [name, contract] of Object.entries({ data: dataContract, concurrency: concurrencyContract })) {
    describe(`${adapter.name}: ${name}`, () => {
      let place: StorePlace;
      let store: Store;
      beforeEach(async () => {
        place = await adapter.createPlace();
        store = await place.open();
      });
      afterEach(async () => {
        await store.close();
        await place.remove();
      });
      contract(() => store);
    });
  }
  describe(`${adapter.name}: life`, () => lifeContract(adapter));
}
