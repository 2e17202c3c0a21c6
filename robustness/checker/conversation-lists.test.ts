import { expect, it } from 'vitest';
import type { SeenConversation } from '../history/record.js';
import { Story, said } from './story.js';

/** Ann's conversations with three others: one message in each, the newest in `z`. */
class Lists extends Story {
  constructor() {
    super();
    for (const [i, conversation] of ['x', 'y', 'z'].entries()) this.write(conversation, i + 1, 1, i + 1);
  }

  write(conversation: string, when: number, seq: number, createTime: number): this {
    const clientMessageId = `${conversation}${seq}`;
    const message = said('ann', seq, { conversation, clientMessageId, createTime });
    const request = { op: 'send' as const, to: `#${conversation}`, text: message.text, clientMessageId };
    return this.call('ann', when, request, { message });
  }

  page(when: number, number: number, ids: readonly string[], more: boolean): this {
    const conversations = ids.map((one): SeenConversation => {
      const [id = '', head = '1'] = one.split(' ');
      return {
        id,
        headSeq: Number(head),
        readSeq: 0,
        unread: 0,
        closed: false,
        last: this.lastOf(id, Number(head)),
      };
    });
    const page = { listing: 'list', number };
    return this.call('ann', when, { op: 'listConversations', size: 2, page }, { conversations, more });
  }

  private lastOf(conversation: string, seq: number) {
    const first = ['x', 'y', 'z'].indexOf(conversation) + 1;
    const clientMessageId = `${conversation}${seq}`;
    return said('ann', seq, { conversation, clientMessageId, createTime: seq === 1 ? first : 10 });
  }
}

it('finds nothing where all is well', () => {
  expect(new Lists().page(5, 0, ['z', 'y'], true).page(6, 1, ['x'], false).found).toEqual([]);
  // Not all pages were asked for.
  expect(new Lists().page(5, 0, ['z', 'y'], true).found).toEqual([]);
});

it('knows a conversation that the pages together leave out', () => {
  const missing = new Lists().page(5, 0, ['z'], true).page(6, 1, ['x'], false);
  expect(missing.found).toEqual(['G6 conversation-missing']);
  expect(new Lists().page(5, 0, ['z', 'y'], true).page(6, 1, [], false).found).toEqual([
    'G6 conversation-missing',
  ]);
});

it('knows one that is left out before the last page that was asked for', () => {
  expect(new Lists().page(5, 0, ['z'], true).page(6, 1, ['x'], true).found).toEqual([
    'G6 conversation-missing',
  ]);
  expect(new Lists().page(5, 0, ['y'], true).found).toEqual(['G6 conversation-missing']);
});

it('lets one be missing that moves to the front meanwhile, and only that one', () => {
  const moved = (conversation: string) =>
    new Lists().page(5, 0, ['z', 'y'], true).write(conversation, 6, 2, 10).page(7, 1, [], false).found;
  expect(moved('x')).toEqual([]);
  expect(moved('y')).toEqual(['G6 conversation-missing']);
  // It was there before the first page.
  const before = new Lists().write('x', 5, 2, 10).page(6, 0, ['z', 'y'], true).page(7, 1, [], false);
  expect(before.found).toEqual(['G6 conversation-missing']);
});

it('knows one that is listed twice, a wrong order, and a page that is too long', () => {
  expect(new Lists().page(5, 0, ['z', 'y'], true).page(6, 1, ['y', 'x'], false).found).toEqual([
    'G6 conversation-twice',
  ]);
  expect(new Lists().page(5, 0, ['y', 'z'], true).page(6, 1, ['x'], false).found).toEqual([
    'G6 conversation-order',
  ]);
  expect(new Lists().page(5, 0, ['z', 'x'], true).page(6, 1, ['y'], false).found).toEqual([
    'G6 conversation-order',
  ]);
  expect(new Lists().page(5, 0, ['z', 'y', 'x'], false).found).toEqual(['G6 conversation-page']);
});

it('knows a conversation that was never shown to who has been written to', () => {
  const account = (name: string) => ({ account: { id: name, username: name } });
  const login = (name: string) => ({ op: 'login' as const, username: name, password: 'p', session: name });
  const written = () =>
    new Story()
      .call('ann', 1, { op: 'createAccount', username: 'ben', password: 'p' }, account('ben'))
      .call('ben', 2, login('ben'), account('ben'))
      .call(
        'ann',
        3,
        { op: 'send', to: 'Ben', text: 'text m1', clientMessageId: 'm1' },
        { message: said('ann', 1) },
      );
  const page = { listing: 'list', number: 0 };
  const list = (story: Story) =>
    story.call('ben', 5, { op: 'listConversations', size: 5, page }, { conversations: [], more: false })
      .found;
  expect(list(written())).toEqual(['G6 conversation-missing']);
  // Whose name has belonged to two accounts, it may be the other one's.
  const again = { op: 'createAccount' as const, username: 'BEN', password: 'q' };
  expect(list(written().call('ann', [4, Infinity], again))).toEqual([]);
  const unread = { op: 'listUnread' as const, size: 5, page };
  expect(written().call('ben', 5, unread, { messages: [], more: false }).found).toEqual([
    'G6 unread-missing',
  ]);
  const followed = written().stream('ben', 2.6, [[2.7, { kind: 'heartbeat' }]]);
  expect(followed.note(40, 'calm').note(50, 'final reads').found).toEqual(['G5 missing']);
});
