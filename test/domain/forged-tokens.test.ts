import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChatError } from '../../src/chat/chat-error.js';
import { makeToken, readToken } from '../../src/chat/signed-token.js';
import { Subscriber, say, startChat } from '../testkit/test-chat.js';

/** Some of what a position may hold, and some of what it must not. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    'ann',
    'a\0b',
    0,
    1,
    2,
    3,
    -5,
    0.5,
    Number.MAX_SAFE_INTEGER,
    2 ** 60,
    NaN,
    null,
  ),
  fc.anything({ maxDepth: 2 }),
);
const likely = fc.constantFrom([1], [3], ['a'], [1, 'a'], [1, 'a', 1], [0, '', 0]);
const position = fc.oneof(likely, fc.array(value, { maxLength: 4 }), value);

/** 'fine', or the reason for a refusal. Throws what is neither. */
async function answer(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return 'fine';
  } catch (error) {
    if (error instanceof ChatError) return error.reason;
    throw error;
  }
}

it('a page token with a right checksum and anything in it gives a page or a refusal', async () => {
  const { chat, join } = await startChat();
  const [ann, ben] = [await join('ann'), await join('ben')];
  for (let i = 0; i < 3; i += 1) {
    await say(chat, ann, 'ben', `to ben ${i}`);
    await say(chat, ben, 'ann', `to ann ${i}`);
    await say(chat, ann, 'ann', `to herself ${i}`);
  }
  const page = (pageToken: string) => ({ pageSize: 1, pageToken });
  const all = { target: { username: 'ben' }, beforeSeq: undefined, afterSeq: undefined };
  const lists = [
    (token: string) => chat.accounts.list({ pattern: '*', ...page(token) }),
    (token: string) => chat.conversations.list(ann, page(token)),
    (token: string) => chat.messages.listUnread(ann, page(token)),
    (token: string) => chat.messages.list(ann, { ...all, ...page(token) }),
    (token: string) => chat.messages.list(ann, { ...all, afterSeq: 0, ...page(token) }),
  ];
  for (const list of lists) {
    const [owner] = readToken('page', (await list('')).nextPageToken) ?? [];
    expect(owner).toBeTypeOf('string');
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(position, async (held) => {
        const outcome = await answer(() => list(makeToken('page', [owner, held])));
        outcomes.add(outcome);
        expect(['fine', 'PAGE_TOKEN_INVALID']).toContain(outcome);
      }),
      { numRuns: 300 },
    );
    expect(outcomes.size).toBe(2);
  }
});

it('a resume token with a right checksum and anything in it gives events or a refusal', async () => {
  const { chat, join } = await startChat();
  const [ann, ben] = [await join('ann'), await join('ben')];
  await say(chat, ben, 'ann', 'one');
  const { resumeToken } = await new Subscriber(chat, ann).next();
  const [accountId, incarnation] = readToken('resume', resumeToken) ?? [];
  expect(accountId).toBe(ann.accountId);
  const segment = fc.oneof(fc.tuple(value, value, value), fc.constant(['', 0, null]), value);
  const segments = fc.oneof(fc.array(segment, { maxLength: 3 }), value);
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(segments, async (held) => {
      const outcome = await answer(async () => {
        const subscriber = new Subscriber(chat, ann, {
          resumeToken: makeToken('resume', [accountId, incarnation, held]),
        });
        await subscriber.caughtUp().finally(() => {
          subscriber.close();
        });
      });
      outcomes.add(outcome);
      expect(['fine', 'RESUME_TOKEN_INVALID']).toContain(outcome);
    }),
    { numRuns: 500 },
  );
  expect(outcomes.size).toBe(2);
});
