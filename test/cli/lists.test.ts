import { describe, expect, it } from 'vitest';
import { objects, startPeople } from '../testkit/cli-people.js';
import { program } from '../testkit/server-process.js';

const next = (err: string) => String(objects(err)[0]?.next_page);

describe('long lists', () => {
  it('come in parts, and whole with --all: people and conversations', async () => {
    const { people } = await startPeople('c1', 'c2', 'c3', 'dan', 'ann');
    const { ann } = people;
    const first = await ann.run(['account', 'list', 'c?', '--limit', '2']);
    expect(first.out).toBe('c1\nc2\n');
    const [, more = ''] =
      /^More: npx holdfast --as ann account list 'c\?' --limit 2 --page (\S+)\n$/.exec(first.err) ?? [];
    const second = await ann.run(['account', 'list', 'c?', '--limit', '2', '--page', more]);
    expect(second).toEqual({ status: 0, out: 'c3\n', err: '' });
    expect((await ann.run(['account', 'list', 'x*'])).err).toBe('Nobody is called x*.\n');
    for (const name of ['c1', 'c2', 'c3']) await ann.say(name, `to ${name}`);
    const part = await ann.run(['--json', 'conversations', '--limit', '2']);
    expect(objects(part.out).map(({ title }) => title)).toEqual(['c3', 'c2']);
    const rest = await ann.run(['--json', 'conversations', '--page', next(part.err)]);
    expect(objects(rest.out).map(({ title }) => title)).toEqual(['c1']);
    const all = await ann.run(['conversations', '--all']);
    expect([all.out, all.err]).toEqual(['c3      to c3\nc2      to c2\nc1      to c1\n', '']);
    expect((await ann.run(['conversations', '--all', '--limit', '2'])).status).toBe(2);
  });

  it('come in parts, and whole with --all: messages', async () => {
    const { people, shell } = await startPeople('ann', 'ben');
    const { ann, ben } = people;
    for (let i = 1; i <= 205; i += 1) await ann.say('ben', `m${i}`);
    const seqs = (out: string) => objects(out).map(({ seq }) => seq);
    const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const after = await ben.run(['read', 'ann', '--after', '3', '--limit', '2', '--peek']);
    expect([after.out, after.err]).toEqual([
      expect.stringMatching(/^ {4}4 .* ann: m4\n {4}5 .* ann: m5\n$/),
      'Newer ones: npx holdfast --as ben read ann --after 5\n',
    ]);
    const unread = await ben.run(['--json', 'read', '--unread', '--peek', '--limit', '3']);
    expect(seqs(unread.out)).toEqual([1, 2, 3]);
    const more = await ben.run(['--json', 'read', '--unread', '--peek', '--page', next(unread.err)]);
    expect(seqs(more.out)).toEqual(range(4, 53));
    const all = await ben.run(['--json', 'read', 'ann', '--all', '--after', '2']);
    expect([seqs(all.out), all.err]).toEqual([range(3, 205), '']);
    expect((await ben.client.listConversations()).items[0]?.unreadCount).toBe(0);
    // Where a person sees neither the messages nor that anything happens.
    const line = `'${process.execPath}' '${program}' --as ben read ann --all > /dev/null`;
    const terminal = shell.spawn('script', [
      '--quiet',
      '--flush',
      '--return',
      '--command',
      line,
      '/dev/null',
    ]);
    expect((await terminal.ended()).out).toMatch(/\rreading \[#*-*\] +\d+%.*\r/);
    const piped = await shell.spawn('sh', ['-c', line]).ended();
    expect([piped.status, piped.err]).toEqual([0, '']);
  });
});

describe('mark-read', () => {
  it('marks up to a number, a conversation, or all', async () => {
    const { people } = await startPeople('ann', 'cat', 'ben');
    const { ann, ben, cat } = people;
    for (const text of ['one', 'two', 'three']) await ann.say('ben', text);
    await cat.say('ben', 'four');
    const unread = async () => {
      const { items } = await ben.client.listConversations();
      return Object.fromEntries(items.map(({ title, unreadCount }) => [title, unreadCount]));
    };
    expect((await ben.run(['mark-read', 'ann', '1'])).out).toBe('Read up to number 1.\n');
    expect(await unread()).toEqual({ ann: 2, cat: 1 });
    expect((await ben.run(['mark-read', 'ann'])).out).toBe('Read up to number 3.\n');
    expect(await unread()).toEqual({ ann: 0, cat: 1 });
    await ann.say('ben', 'five');
    const all = await ben.run(['mark-read', '--all']);
    expect(all.out.split('\n').sort()).toEqual(['', 'Read up to number 1: cat', 'Read up to number 4: ann']);
    expect(await unread()).toEqual({ ann: 0, cat: 0 });
    expect(await ben.run(['mark-read', '--all'])).toEqual({
      status: 0,
      out: '',
      err: 'Nothing is unread.\n',
    });
    for (const args of [['mark-read'], ['mark-read', 'ann', '--all']]) {
      expect((await ben.run(args)).status).toBe(2);
    }
    expect((await ben.run(['mark-read', 'ben'])).err).toContain('there are no messages with ben');
  });
});
