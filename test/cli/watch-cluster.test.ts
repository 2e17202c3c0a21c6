import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { clientOf } from '../testkit/chat-user.js';
import { logPeopleIn, objects } from '../testkit/cli-people.js';
import { CommandLine } from '../testkit/command-line.js';
import { eventually } from '../testkit/deadline.js';
import { program } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { TestCluster } from '../testkit/test-cluster.js';
import { withToken } from '../testkit/api-client.js';

it('a watch learns the nodes, and misses and doubles nothing when the leader dies that it uses', async () => {
  const cluster = await TestCluster.start(3);
  const home = await temporaryFolder();
  const shell = new CommandLine(home, '');
  const [any] = cluster.nodes;
  const { ann } = await logPeopleIn(shell, home, [any?.address ?? ''], ['ann']);
  const leader = await cluster.leader(withToken(ann.saved.token));
  // Ben's login knows only the node that is going to die.
  const { ben } = await logPeopleIn(shell, home, [cluster.node(leader).address], ['ben']);
  const file = join(home, 'servers', 'ben.json');
  const known = async () => (JSON.parse(await readFile(file, 'utf8')) as { servers: string[] }).servers;
  const watch = () => shell.spawn(process.execPath, [program, '--as', 'ben', '--json', 'watch', '--resume']);
  const seqs = (out: string) =>
    objects(out).flatMap(({ event, seq }) => (event === 'message' ? [Number(seq)] : []));
  const first = watch();
  const nodes = cluster.nodes.map((node) => node.address).sort();
  await eventually('the other nodes are learnt', async () => (await known()).length === 3);
  expect([...(await known())].sort()).toEqual(nodes);
  // Ann goes on saying things through the others, whatever happens.
  const others = clientOf(cluster.others(leader).map((node) => node.address)).as(ann.saved.token);
  let said = 0;
  const talk = { on: true };
  const talking = (async () => {
    while (talk.on) {
      const clientMessageId = `m${said + 1}`;
      await others.sendMessage({ target: { username: 'ben' }, text: clientMessageId, clientMessageId });
      said += 1;
    }
  })();
  const shown = async (running: typeof first, more: number) => {
    const from = said;
    await eventually(`${more} more are shown`, () => (seqs(running.out).at(-1) ?? 0) >= from + more);
  };
  await shown(first, 5);
  await cluster.node(leader).kill();
  const before = said;
  await shown(first, 5);
  expect(said).toBeGreaterThan(before);
  expect(objects(first.out).map(({ event }) => event)).toContain('reconnecting');
  await first.kill();
  const seen = seqs(first.out);
  // The next one begins with a node that works, and where the first one was killed.
  const second = watch();
  await shown(second, 5);
  talk.on = false;
  await talking;
  await eventually('the last one is shown', () => seqs(second.out).at(-1) === said);
  second.signal('SIGTERM');
  expect((await second.ended()).status).toBe(0);
  const rest = seqs(second.out);
  // Showing a message and noting that can not be one step: a kill in between shows the last one again.
  if (rest[0] === seen.at(-1)) rest.shift();
  expect([...seen, ...rest]).toEqual(Array.from({ length: said }, (_, i) => i + 1));
  expect((await ben.run(['send', 'ann', 'still here'])).status).toBe(0);
}, 120_000);
