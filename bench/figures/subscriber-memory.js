// What an idle subscriber costs a node in memory: each an account of its own, on a connection of its own. The floor is a
// bare HTTP/2 server of Node's with one open stream to a connection, filled by the same clients with the same requests.
// Both count what the program's resident memory grows by from a fifth of them to all: so neither pays for its start.
import { Row } from '../report/row.js';
import { startServer } from '../testbed/server.js';
import { StartedProgram } from '../testbed/started-program.js';
import { Subscribers } from '../testbed/subscribers.js';

export const subscriberMemory = {
  id: 'subscriber-memory',
  title: 'Memory of an idle subscriber',
  about: "10,000 on one node, each on its own connection, against Node's bare HTTP/2",

  async measure(testbed, { rounds }) {
    const row = new Row({
      name: 'memory of an idle subscriber',
      unit: 'KiB',
      floor: "Node's HTTP/2 session, one stream",
      aims: [{ of: 'median', atMost: 1.3 }],
    });
    const folder = await testbed.folderOfPeople(testbed.sizes.subscribers);
    const parts = [];
    for (let round = 0; round < rounds; round += 1) {
      const bare = await grown(await startFloor('http2'), folder.tokens);
      const ours = await grown(await startServer({ data: folder.data }), folder.tokens);
      row.add(ours.rss, bare.rss);
      parts.push(ours, bare);
    }
    const [ours, bare] = parts;
    const library = await grown(await startFloor('grpc'), folder.tokens);
    row.note('grpc-js alone, KiB', library.rss);
    const told = ({ heapUsed, external }) =>
      `${heapUsed.toFixed(1)} KiB of JavaScript objects, ${external.toFixed(1)} KiB bound to them`;
    row.note('of it, first round', told(ours));
    row.note('of the floor, first round', told(bare));
    return [row];
  },
};

async function startFloor(name) {
  const program = new StartedProgram(`bench/floors/${name}-program.js`, []);
  const [, address] = await program.printed(/listens on (\S+)/);
  return { address, program, stop: () => program.stop() };
}

/** KiB for each subscriber between a fifth of them and all. Stops the server. */
async function grown({ address, program, stop }, tokens) {
  const subscribers = new Subscribers(address);
  const some = Math.floor(tokens.length / 5);
  try {
    await subscribers.open(tokens.slice(0, some));
    const before = await program.memory();
    await subscribers.open(tokens.slice(some));
    const after = await program.memory();
    await subscribers.requireAll();
    return Object.fromEntries(
      Object.keys(after).map((part) => [part, (after[part] - before[part]) / (tokens.length - some) / 1_024]),
    );
  } finally {
    await subscribers.close();
    await stop();
  }
}
