import { expect, it } from 'vitest';
import { checkAvailability } from './availability.js';
import { Story, said } from './story.js';
import { Findings } from './violation.js';

const look = { op: 'listSessions' as const };
const login = { op: 'login' as const, username: 'ann', password: 'p', session: 'ann' };
const create = { op: 'createAccount' as const, username: 'ann', password: 'p' };
const loggedIn = () =>
  new Story()
    .call('x', 0, create, { account: { id: 'ann', username: 'ann' } })
    .call('ann', 1, login, { account: { id: 'ann', username: 'ann' } });

it('knows a session that works after its end: at once on that node, after 1 s on every other (G6)', () => {
  const out = () => loggedIn().call('ann', 10, { op: 'logout' }, {}, { node: 1 });
  const after = (when: number, node: number) => out().call('ann', when, look, {}, { node }).found;
  expect(after(11, 1)).toEqual(['G6 session-over']);
  expect(after(1_000, 2)).toEqual([]);
  expect(after(1_020, 2)).toEqual(['G6 session-over']);
  expect(
    out().call('ann', 1_020, look, {}, { node: 2, outcome: 'refused', reason: 'SESSION_ENDED' }).found,
  ).toEqual([]);
});

it('knows a session that is lost though nobody has ended it (G1)', () => {
  const refused = { outcome: 'refused', reason: 'SESSION_ENDED' } as const;
  expect(loggedIn().call('ann', 10, look, {}, refused).found).toEqual(['G1 session-lost']);
});

it('knows that a changed password ends every other session', () => {
  const other = { ...login, session: 'other' };
  const change = { op: 'changePassword' as const, username: 'ann', oldPassword: 'p', newPassword: 'q' };
  const account = { id: 'ann', username: 'ann' };
  const story = () =>
    new Story()
      .call('x', 0, create, { account })
      .call('ann', 1, login, { account })
      .call('ann', 2, other, { account });
  const changed = () => story().call('ann', 10, change);
  expect(changed().call('ann', 2_000, look).found).toEqual([]);
  expect(changed().call('ann', 2_000, { ...look, session: 'other' }).found).toEqual(['G6 session-over']);
});

it('knows an answer that takes too long on a node without a majority (G9)', () => {
  const story = () => loggedIn().fault('cut', [2], 10_000, 40_000);
  const late = { outcome: 'unknown', reason: 'code 4', node: 2 } as const;
  expect(story().call('ann', [20_000, 25_900], look, {}, late).found).toEqual([]);
  expect(story().call('ann', [20_000, 26_100], look, {}, late).found).toEqual(['G9 late']);
  // One that is paused answers nobody.
  expect(
    loggedIn().fault('pause', [2], 10_000, 40_000).call('ann', [20_000, 29_000], look, {}, late).found,
  ).toEqual([]);
});

it('knows an answer of a node that is cut off, and of one without a majority (G9)', () => {
  const cut = () => loggedIn().fault('cut', [2], 10_000, 40_000);
  expect(cut().call('ann', 20_000, look, {}, { node: 2 }).found).toEqual(['G9 alone']);
  expect(cut().call('ann', 20_000, look, {}, { node: 1 }).found).toEqual([]);
  // It may not have noticed yet, and it may be back.
  expect(cut().call('ann', 10_100, look, {}, { node: 2 }).found).toEqual([]);
  expect(cut().call('ann', [39_000, 41_000], look, {}, { node: 2 }).found).toEqual([]);
  const two = loggedIn().fault('kill', [2, 3], 10_000, 40_000);
  expect(two.call('ann', 20_000, look).found).toEqual([]);
  const three = loggedIn().fault('kill', [2, 3, 4], 10_000, 40_000);
  expect(three.call('ann', 20_000, look).found).toEqual(['G9 alone']);
});

it('knows an internal error (G10)', () => {
  expect(loggedIn().call('ann', 10, look, {}, { outcome: 'unknown', reason: 'INTERNAL' }).found).toEqual([
    'G10 internal',
  ]);
});

it('knows sessions that a list leaves out or makes up (G6)', () => {
  const other = { ...login, session: 'other' };
  const account = { id: 'ann', username: 'ann' };
  const listed = (sessions: number, story = loggedIn()) => story.call('ann', 10, look, { sessions }).found;
  expect(listed(1)).toEqual([]);
  expect(listed(0)).toEqual(['G6 session-count']);
  expect(listed(2)).toEqual(['G6 session-count']);
  const second = () => loggedIn().call('ann', 2, other, { account });
  expect(listed(1, second())).toEqual(['G6 session-count']);
  const ended = () => second().call('ann', 3, { op: 'revoke', ends: 'other' });
  expect(listed(1, ended())).toEqual([]);
  expect(listed(2, ended())).toEqual(['G6 session-count']);
  // It may have been made, or not.
  const unknown = () => loggedIn().call('ann', [2, Infinity], other);
  expect(listed(1, unknown())).toEqual([]);
  expect(listed(2, unknown())).toEqual([]);
});

it('knows a stream that goes on for a session that is over (G6)', () => {
  const follow = (sent: number) =>
    loggedIn()
      .call('ann', 10, { op: 'logout' })
      .send('ben', sent, 1)
      .stream('ann', 5, [[sent + 5, { kind: 'message', message: said('ben', 1) }]], {
        from: 'now',
        end: 9_000,
      }).found;
  expect(follow(500)).toEqual([]);
  expect(follow(2_000)).toEqual(['G6 session-over']);
});

it('takes an answer for one that was made alone as soon as nothing can be on its way any more (G9)', () => {
  const cut = () => loggedIn().fault('cut', [2], 10_000, 40_000);
  expect(cut().call('ann', 10_900, look, {}, { node: 2 }).found).toEqual([]);
  expect(cut().call('ann', 11_100, look, {}, { node: 2 }).found).toEqual(['G9 alone']);
});

it('knows a node that reads and does not write while others are gone (G2)', () => {
  const failed = { outcome: 'refused', reason: 'STORE_UNAVAILABLE' } as const;
  const send = { op: 'send' as const, to: '#c', text: 'hi', clientMessageId: 'x' };
  const gone = () => loggedIn().fault('kill', [3, 4], 10_000, 40_000);
  const judged = (story: Story) => {
    const findings = new Findings();
    checkAvailability(story.history, 5, findings);
    return findings.all.map(({ kind }) => kind);
  };
  const work = (write: Parameters<Story['call']>[4]) => {
    const story = gone();
    for (let i = 0; i < 5; i += 1) {
      story.call('ann', 20_000 + i, look).call('ann', 20_100 + i, send, {}, write);
    }
    return judged(story);
  };
  expect(work({})).toEqual([]);
  expect(work(failed)).toEqual(['no-write']);
});

it('judges whether others go on by what is asked of them, too (G2)', () => {
  const failed = { outcome: 'refused', reason: 'STORE_UNAVAILABLE' } as const;
  const login = { op: 'login' as const, username: 'ann', password: '', session: 's' };
  const judged = (story: Story) => {
    const findings = new Findings();
    checkAvailability(story.history, 5, findings);
    return findings.all.map(({ kind, what }) => `${kind} ${/node\d/.exec(what)?.[0] ?? ''}`);
  };
  type Answers = { own: Parameters<Story['call']>[4]; others?: Parameters<Story['call']>[4]; tries?: number };
  const work = ({ own, others = {}, tries = 5 }: Answers, lasts = 0.5) => {
    const story = loggedIn().fault('kill', [3, 4], 10_000, 40_000);
    for (let i = 0; i < tries; i += 1) {
      const at = 20_000 + 2_000 * i;
      story.call('ann', at, look, {}, { node: 0 }).call('ann', at, look, {}, { node: 1 });
      story.call('ann', [at, at + lasts], login, {}, { ...own, node: 0 });
      story.call('ann', at, login, {}, { ...others, node: 1 });
    }
    return judged(story);
  };
  expect(work({ own: {} })).toEqual([]);
  expect(work({ own: failed })).toEqual(['in-vain node1']);
  expect(work({ own: { outcome: 'unknown' } }, 1_100)).toEqual(['in-vain node1']);
  // Nobody waited for it, it was not tried often, it is refused for a good reason, or it can be done nowhere.
  expect(work({ own: { outcome: 'unknown' } }, 900)).toEqual([]);
  expect(work({ own: failed, tries: 4 })).toEqual([]);
  expect(work({ own: { outcome: 'refused', reason: 'CREDENTIALS_WRONG' } })).toEqual([]);
  expect(work({ own: failed, others: failed })).toEqual([]);
});

it('takes a stream for served only once something has come (G2)', () => {
  const judged = (heard: boolean) => {
    const story = loggedIn().fault('kill', [3, 4], 10_000, 40_000);
    for (let i = 0; i < 6; i += 1) {
      const at = 20_000 + 2_000 * i;
      story.stream('ben', at, heard ? [[at + 10, { kind: 'heartbeat' }]] : [], { end: at + 1_500 });
    }
    const findings = new Findings();
    checkAvailability(story.history, 5, findings);
    return findings.all.map(({ kind }) => kind);
  };
  expect(judged(true)).toEqual([]);
  expect(judged(false)).toEqual(['unavailable']);
});
