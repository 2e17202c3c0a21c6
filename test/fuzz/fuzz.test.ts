import { afterAll, expect, it } from 'vitest';
import { requireValidUtf8 } from '../../src/server/strict-utf8.js';
import { exportText, openStore } from '../testkit/transfer.js';
import { say, startChat } from '../testkit/test-chat.js';
import { bytesTargets } from './bytes-targets.js';
import { serverTargets } from './server-targets.js';
import { runCase, runCases } from './target.js';
import type { Target } from './target.js';

// `npm run fuzz` sets these; a test without them takes a few seconds, and the same cases each time.
const { FUZZ_MINUTES = '0.06', FUZZ_SEED = '1', FUZZ_TARGET, FUZZ_CASE } = process.env;
const seed = Number(FUZZ_SEED);
const total = Number(FUZZ_MINUTES) * 60_000;
const counts: string[] = [];

afterAll(() => {
  if (process.env.FUZZ_MINUTES !== undefined) console.log(`seed ${seed}\n${counts.join('\n')}`);
});

/** Each target for its part of the time; one alone, or one case of it, when that was asked for. */
async function fuzz(targets: readonly Target[], time: number): Promise<void> {
  const chosen = targets.filter(({ name }) => FUZZ_TARGET === undefined || name === FUZZ_TARGET);
  for (const target of chosen) {
    if (FUZZ_CASE !== undefined) {
      await runCase(target, seed, Number(FUZZ_CASE));
      counts.push(`${target.name}: case ${FUZZ_CASE}`);
      continue;
    }
    const count = await runCases(target, seed, time / chosen.length);
    counts.push(`${target.name}: ${count} cases`);
    expect(count).toBeGreaterThan(0);
  }
}

it('finds no flaw in what parses bytes', { timeout: total + 120_000 }, async () => {
  requireValidUtf8();
  const { chat, store, join } = await startChat();
  const [ann] = [await join('ann'), await join('ben')];
  for (const text of ['hi', 'ünïcode 💥', 'x'.repeat(500)]) await say(chat, ann, 'ben', text);
  const empty = await openStore();
  await fuzz(bytesTargets(await exportText(store)), total / 2);
  await empty.close();
});

it('finds no flaw in a server that is sent anything', { timeout: total + 120_000 }, async () => {
  const { targets, verify } = await serverTargets();
  await fuzz(targets, total / 2);
  await verify();
});
