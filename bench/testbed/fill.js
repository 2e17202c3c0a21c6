// Fills a store through the domain itself, as a server would, but without a transport and without the price of a
// real password, which is dear on purpose.
import { randomBytes } from 'node:crypto';
import { createChat } from '../../dist/chat/create-chat.js';
import { systemRandom } from '../../dist/client/random.js';

const password = 'correct horse';
const hasher = {
  hash: (text) => Promise.resolve(`plain ${text}`),
  verify: (stored, text) => Promise.resolve(stored === `plain ${text}`),
};
const silent = { warn: () => undefined, error: () => undefined };
/** Calls at a time. */
const inFlight = 512;
/** Of 100 bytes. */
export const text = 'a message of a hundred bytes, as people write them to each other '.padEnd(
  100,
  'when they talk ',
);

/** Of some accounts the names spread over the alphabet. */
export function nameOf(number, accounts) {
  return `${((number * 7_919) % accounts).toString(36)}-${number}`;
}

export class Filler {
  #store;
  chat;

  constructor(store) {
    this.#store = store;
    const random = (count) => randomBytes(count);
    this.chat = createChat({ store, hasher, now: Date.now, random, logger: silent });
  }

  async start() {
    await this.chat.start();
  }

  async createAccounts(names) {
    await inTurns(names.length, (i) => this.chat.accounts.create({ username: names[i], password }));
  }

  /** Resolves to { token, caller }. */
  async login(username) {
    const { token } = await this.chat.sessions.login({ username, password, deviceName: '' });
    return { token, caller: await this.chat.sessions.authenticate(token) };
  }

  async loginAll(names) {
    const tokens = [];
    await inTurns(names.length, async (i) => {
      tokens[i] = (await this.login(names[i])).token;
    });
    return tokens;
  }

  /** `pairOf(i)`: { caller, username } of the message. */
  async send(count, pairOf) {
    await inTurns(count, (i) => {
      const { caller, username } = pairOf(i);
      const clientMessageId = systemRandom.id();
      return this.chat.messages.send(caller, {
        target: { username },
        text,
        clientMessageId,
        knownSeq: undefined,
      });
    });
  }

  async close() {
    await this.chat.close();
    await this.#store.close();
  }
}

async function inTurns(count, act) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const number = next;
      next += 1;
      await act(number);
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, worker));
}
