import { expect, it } from 'vitest';
import { Story, said } from './story.js';

/** Pages of one listing of ann's, while others write. */
class Pages extends Story {
  page(when: number, number: number, seqs: readonly number[], more: boolean, after?: number): this {
    const page = { listing: 'list', number };
    const messages = seqs.map((seq) => said('ann', seq));
    const request = {
      op: 'listMessages' as const,
      to: '#c',
      size: 2,
      page,
      ...(after !== undefined && { after }),
    };
    return this.call('ann', when, request, { messages, more });
  }

  write(when: number, seq: number): this {
    return this.send('ann', when, seq);
  }
}

const five = () => [1, 2, 3, 4, 5].reduce((story, seq) => story.write(seq, seq), new Pages());

it('finds nothing where all is well, also while others write', () => {
  const back = five().page(6, 0, [5, 4], true).write(7, 6).page(8, 1, [3, 2], true).page(9, 2, [1], false);
  expect(back.found).toEqual([]);
  const forth = five().page(6, 0, [3, 4], true, 2).write(7, 6).page(8, 1, [5, 6], false, 2);
  expect(forth.found).toEqual([]);
  // Pages may be short, or have nothing to show.
  const short = five().page(6, 0, [], true).write(7, 6).page(8, 1, [5, 4], true).page(9, 2, [], true);
  expect(short.page(10, 3, [3, 2], true).page(11, 4, [1], false).found).toEqual([]);
});

it('knows what is left out between two pages, or after the last one', () => {
  expect(five().page(6, 0, [5, 4], true).page(7, 1, [2, 1], false).found).toEqual(['G6 stale']);
  expect(five().page(6, 0, [5, 4], true).page(7, 1, [3], false).found).toEqual(['G6 stale']);
  expect(five().page(6, 0, [3], true, 2).page(7, 1, [5], false, 2).found).toEqual(['G6 stale']);
  // Stored while the pages before it were read.
  const forth = five().page(6, 0, [3, 4], true, 2).write(7, 6).page(8, 1, [5], false, 2);
  expect(forth.found).toEqual(['G6 stale']);
});

it('knows what is left out beside a page that shows nothing', () => {
  const back = five().page(6, 0, [5, 4], true).page(7, 1, [], true);
  expect(back.page(8, 2, [1], false).found).toEqual(['G6 stale']);
  expect(five().page(6, 0, [5, 4], true).page(7, 1, [], true).page(8, 2, [], false).found).toEqual([
    'G6 stale',
  ]);
  expect(five().page(6, 0, [], true).page(7, 1, [4, 3], true).found).toEqual(['G6 stale']);
  const forth = five().page(6, 0, [1], true, 0).page(7, 1, [], true, 0);
  expect(forth.page(8, 2, [4, 5], false, 0).found).toEqual(['G6 stale']);
});

it('knows a message that comes on two pages, and a page that is too long', () => {
  expect(five().page(6, 0, [5, 4], true).page(7, 1, [4, 3], true).found).toEqual(['G4 page']);
  expect(five().page(6, 0, [5, 4, 3], true).found).toEqual(['G4 page']);
});

it('knows messages of another conversation, on a page and in the answer to a send', () => {
  const other = (seq: number) => said('ann', seq, { conversation: 'd', clientMessageId: `d${seq}` });
  const send = { op: 'send' as const, to: '#d', text: 'text d1', clientMessageId: 'd1' };
  const story = () => new Pages().write(1, 1).call('ann', 2, send, { message: other(1) });
  expect(story().list('ann', 3, [other(1)]).found).toEqual(['G6 elsewhere']);
  expect(new Pages().call('ann', 2, { ...send, to: '#c' }, { message: other(1) }).found).toEqual([
    'G3 answer',
  ]);
});

it('knows what a page leaves out between others, also when it was not known yet', () => {
  const story = () =>
    new Pages()
      .write(1, 1)
      .call(
        'ben',
        [2, 9],
        { op: 'send', to: '#c', text: 'text m2', clientMessageId: 'm2' },
        { message: said('ben', 2) },
      )
      .write(3, 3);
  expect(story().page(5, 0, [3, 1], false).found).toEqual(['G4 page-gap']);
  expect(story().page(5, 0, [1, 3], false, 0).found).toEqual(['G4 page-gap']);
  expect(story().page(5, 0, [3], true).page(6, 1, [1], false).found).toEqual(['G4 page-gap']);
  expect(new Pages().write(1, 1).sendUnknown('ben', 2, 'm2').page(5, 0, [1], false).found).toEqual([]);
});
