// Whether a cluster under load stays with its leader: ten people who send one message after the other. An election that
// nothing called for makes the term rise.
import { Row } from '../report/row.js';
import { closedLoop } from '../testbed/rate.js';

const people = 10;

export const elections = {
  id: 'elections',
  title: 'Elections under load',
  about: 'two minutes of sends a round, in which nothing fails',
  onlyWhenNamed: true,

  async measure(testbed, { rounds, size }) {
    const row = new Row({ name: 'elections in a round', unit: '', aims: [{ of: 'worst', atMost: 0 }] });
    const { people: all } = await testbed.fiveNodes();
    const seconds = size === 'small' ? 2 : 120;
    let longest = 0;
    let sent = 0;
    all.refused = 0;
    for (let round = 0; round < rounds; round += 1) {
      const term = await all.members.term();
      const { done } = await closedLoop(people, seconds, async (worker) => {
        const begin = performance.now();
        const count = await all.send(worker);
        longest = Math.max(longest, performance.now() - begin);
        return count;
      });
      sent += done;
      row.add((await all.members.term()) - term);
    }
    row.note('messages', sent);
    row.note('refused', all.refused);
    row.note('longest call, ms', longest);
    return [row];
  },
};
