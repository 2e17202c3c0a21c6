import { describeOutboxStorage } from './contract/outbox-storage.js';
import { MemoryOutboxStorage } from './outbox-storage.js';

describeOutboxStorage('memory', () => {
  const storage = new MemoryOutboxStorage();
  return Promise.resolve(() => Promise.resolve(storage));
});
