import { expect, it } from 'vitest';
import { withToken } from '../testkit/api-client.js';
import { TestCluster } from '../testkit/test-cluster.js';
import { TerminalPerson } from '../testkit/terminal-person.js';

it('goes on through another node when its own dies in the middle of typing, twice', async () => {
  const cluster = await TestCluster.start(5);
  const servers = cluster.nodes.map(({ address }) => address);
  const ann = await TerminalPerson.join(servers, 'ann');
  const ben = await TerminalPerson.join(servers, 'ben');
  await cluster.healthy(withToken(ann.saved.token));
  await ben.say('ann', 'before');
  const screen = ann.chat({ columns: 100 });
  /** The number of the node in use, as the first row tells it; -1: none. */
  const inUse = () =>
    cluster.nodes.findIndex(({ address, id }) => screen.rows[0]?.includes(`● ${id} ${address}`));
  await screen.until('a node is in use', () => inUse() >= 0);
  await screen.answer(['ben', '\r'], ['ben: before', 'This is being typed']);
  const dead: number[] = [];
  for (const text of ['first', 'second']) {
    await screen.shows('▌ This is being typed');
    const number = inUse();
    expect(dead).not.toContain(number);
    dead.push(number);
    screen.type(` while the ${text} `);
    await cluster.node(number).kill();
    screen.type('node dies');
    await screen.until('another node is in use', () => inUse() >= 0 && inUse() !== number);
    await screen.shows(`▌ This is being typed while the ${text} node dies`);
    screen.type('\r');
    await screen.until(
      'it is sent',
      () => screen.text.includes(`the ${text} node dies`) && /▌ *\n/.test(screen.text),
    );
    const sent = new RegExp(`\\d\\d:\\d\\d ann: This is being typed while the ${text} node dies`);
    await screen.until('it is sent', () => sent.test(screen.text));
    await ben.say('ann', `after the ${text}`);
    await screen.shows(`ben: after the ${text}`);
    screen.type('This is being typed');
  }
  screen.type('\u000fc');
  await screen.shows('Any 2 nodes may fail when all are up; now none more.');
  const { items } = await ben.client.listMessages({ target: { username: 'ann' } });
  expect(items.map(({ seq, text }) => [seq, text])).toEqual([
    [5, 'after the second'],
    [4, 'This is being typed while the second node dies'],
    [3, 'after the first'],
    [2, 'This is being typed while the first node dies'],
    [1, 'before'],
  ]);
}, 120_000);
