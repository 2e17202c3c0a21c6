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
/** Of one call, and the milliseconds between two. */
const maxTries = 50;
const pause = 500;
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
    const elapsed = () => performance.now();
    this.chat = createChat({ store, hasher, now: Date.now, elapsed, random, logger: silent });
  }

  async start() {
    await this.chat.start();
  }

  async createAccounts(names) {
    const create = async (username) => {
      try {
        await this.chat.accounts.create({ username, password });
      } catch (error) {
        // Of an earlier try whose outcome was not known.
        if (error.reason !== 'USERNAME_TAKEN') throw error;
      }
    };
    await inTurns(names.length, (i) => create(names[i]));
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
    const ids = new Map();
    await inTurns(count, async (i) => {
      const { caller, username } = pairOf(i);
      const clientMessageId = ids.get(i) ?? systemRandom.id();
      ids.set(i, clientMessageId);
      const message = { target: { username }, text, clientMessageId, knownSeq: undefined };
      await this.chat.messages.send(caller, message);
      ids.delete(i);
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
      await patiently(() => act(number));
    }
  };
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, worker));
}

/** Tries again, as a client would, on a machine that is too slow for the store's limits. A send is known by its id then. */
async function patiently(act) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      const passing =
        error.retryable === true ||
        ['UNKNOWN_OUTCOME', 'OUTCOME_UNKNOWN'].includes(error.code ?? error.reason);
      if (!passing || tries === maxTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
