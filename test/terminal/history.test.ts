import { expect, it } from 'vitest';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { TerminalPerson } from '../testkit/terminal-person.js';
import type { TerminalScreen } from '../testkit/terminal-screen.js';

const keys = { pageUp: '\u001b[5~', pageDown: '\u001b[6~', end: '\u001b[F', home: '\u001b[H' };
const count = 700;
const rows = 50;
/** Without the rows around them, and the two that stay. */
const page = rows - 4 - 2;

async function start() {
  const server = await ServerProcess.start(await temporaryFolder());
  const servers = [server.address];
  const ann = await TerminalPerson.join(servers, 'ann');
  const ben = await TerminalPerson.join(servers, 'ben');
  return { ann, ben };
}

/** Numbers of the messages that are seen, in order. */
function seen(screen: TerminalScreen): number[] {
  return screen.rows.flatMap((row) => /ben: number (\d+)$/.exec(row)?.[1] ?? []).map(Number);
}

it('pages back to the first message and on to the newest, each seen once and in order', async () => {
  const { ann, ben } = await start();
  const hundreds = Array.from({ length: count / 100 }, (_, i) => i * 100);
  for (const from of hundreds) {
    await Promise.all(
      Array.from({ length: 100 }, () => undefined).map((_, i) => ben.say('ann', `number ${from + i + 1}`)),
    );
  }
  // Sent side by side: their order is the servers'.
  const order: number[] = [];
  for (let afterSeq = 0; afterSeq < count; afterSeq += 200) {
    const { items } = await ann.client.listMessages({ target: { username: 'ben' }, afterSeq, pageSize: 200 });
    order.push(...items.map(({ text }) => Number(text.slice('number '.length))));
  }
  const screen = ann.chat({ rows });
  await screen.answer(['ben', '\r']);
  await screen.shows(`number ${order.at(-1) ?? 0}`, 'to ben');
  const found: number[] = [];
  for (let top = order.length; top > 0;) {
    const part = seen(screen);
    // What is seen is a part of the conversation, without a gap.
    const at = order.indexOf(part[0] ?? 0);
    expect(part).toEqual(order.slice(at, at + part.length));
    expect(at).toBeLessThan(top);
    found.unshift(...order.slice(at, top).filter((n) => part.includes(n)));
    top = at;
    if (top === 0) break;
    screen.type(keys.pageUp);
    // A whole page further, but for two rows, also when it has to be loaded first.
    await screen.until('the page before is seen', () => {
      const first = order.indexOf(seen(screen)[0] ?? 0);
      return first === 0 || first === top - page;
    });
  }
  expect(found).toEqual(order);
  await screen.shows('The beginning.');

  // What comes meanwhile is told, and does not move what is read.
  const before = seen(screen);
  await ben.say('ann', 'something new');
  await screen.shows('1 new below');
  expect(seen(screen)).toEqual(before);
  screen.type(keys.pageDown);
  await screen.until('something newer is seen', () => seen(screen)[0] !== before[0]);
  screen.type(`\u001b`);
  await screen.answer(['↑↓ choose', keys.end]);
  await screen.shows('ben: something new');
  expect(seen(screen).at(-1)).toBe(order.at(-1));
  screen.type('\u0003');
  expect(await screen.ended()).toBe(0);
});
