import { expect, it } from 'vitest';
import { Story } from './story.js';

type When = Parameters<Story['call']>[1];

class Names extends Story {
  create(when: When, id: string, password = `password of ${id}`): this {
    return this.call(
      'x',
      when,
      { op: 'createAccount', username: 'nat', password },
      { account: { id, username: 'nat' } },
    );
  }

  createUnknown(when: number, password: string): this {
    return this.call('x', [when, Infinity], { op: 'createAccount', username: 'Nat', password });
  }

  taken(when: When): this {
    const request = { op: 'createAccount' as const, username: 'NAT', password: 'any' };
    return this.call('x', when, request, {}, { outcome: 'refused', reason: 'USERNAME_TAKEN' });
  }

  look(when: When, id: string | undefined): this {
    const request = { op: 'getAccount' as const, username: 'nat' };
    if (id !== undefined) return this.call('x', when, request, { account: { id, username: 'nat' } });
    return this.call('x', when, request, {}, { outcome: 'refused', reason: 'ACCOUNT_NOT_FOUND' });
  }

  logIn(when: When, id: string, password: string): this {
    return this.call(
      'x',
      when,
      { op: 'login', username: 'nat', password, session: `s${id}` },
      { account: { id, username: 'nat' } },
    );
  }

  wrong(when: When, password: string): this {
    const request = { op: 'login' as const, username: 'nat', password, session: 's' };
    return this.call('x', when, request, {}, { outcome: 'refused', reason: 'CREDENTIALS_WRONG' });
  }

  change(when: When, id: string, oldPassword: string, newPassword: string): this {
    return this.call(id, when, { op: 'changePassword', username: 'nat', oldPassword, newPassword });
  }

  remove(when: When, id: string, password = `password of ${id}`): this {
    return this.call(id, when, { op: 'deleteAccount', username: 'nat', password });
  }

  listing(when: When, ...ids: readonly string[]): this {
    const accounts = ids.map((id) => ({ id, username: 'nat' }));
    return this.call(
      'x',
      when,
      { op: 'listAccounts', pattern: 'n*', page: { listing: 'l', number: 0 } },
      { accounts, more: false },
    );
  }
}

it('finds nothing where all is well', () => {
  const story = new Names()
    .look(1, undefined)
    .create(2, 'a')
    .taken(3)
    .look(4, 'a')
    .logIn(5, 'a', 'password of a');
  story.change(6, 'a', 'password of a', 'new').wrong(7, 'password of a').logIn(8, 'a', 'new').listing(9, 'a');
  story
    .remove([10, 13], 'a', 'new')
    .look(11, undefined)
    .taken(12)
    .look(14, undefined)
    .create(15, 'b')
    .look(16, 'b');
  expect(story.found).toEqual([]);
});

it('knows two owners of one name (G7)', () => {
  expect(new Names().create([1, 3], 'a').create([1, 3], 'b').found).toEqual(['G7 name']);
  expect(new Names().create([1, 3], 'a').taken(4).look(5, 'b').found).toEqual(['G7 name']);
});

it('knows an id that is used twice (G7)', () => {
  const story = new Names().create(1, 'a').remove(2, 'a').create(3, 'a', 'another');
  expect(story.found).toContain('G7 id');
});

it('knows a stale look, list and login', () => {
  expect(new Names().create(1, 'a').look(2, undefined).found).toEqual(['G7 name']);
  expect(new Names().create(1, 'a').listing(2).found).toEqual(['G7 name']);
  expect(new Names().create(1, 'a').remove(2, 'a').look(3, 'a').found).toEqual(['G7 name']);
  expect(new Names().create(1, 'a').remove(2, 'a').logIn(3, 'a', 'password of a').found).toContain('G7 name');
  expect(new Names().create(1, 'a').wrong(2, 'password of a').found).toEqual(['G7 name']);
});

it('knows a name that a deletion does not free', () => {
  expect(new Names().create(1, 'a').remove(2, 'a').taken(3).found).toEqual(['G7 name']);
});

it('knows a changed password that is forgotten', () => {
  const changed = () => new Names().create(1, 'a').change(2, 'a', 'password of a', 'new');
  expect(changed().logIn(3, 'a', 'new').found).toEqual([]);
  expect(changed().logIn(3, 'a', 'password of a').found).toEqual(['G7 name']);
  expect(changed().wrong(3, 'new').found).toEqual(['G7 name']);
});

it('leaves open what became of a lost creation, until somebody sees it', () => {
  expect(new Names().createUnknown(1, 'p').look(2, undefined).look(3, 'a').logIn(4, 'a', 'p').found).toEqual(
    [],
  );
  expect(new Names().createUnknown(1, 'p').look(2, undefined).look(3, 'a').look(4, undefined).found).toEqual([
    'G7 name',
  ]);
  // Taken, as if by somebody else, and then it is the lost one's: it was refused and done.
  expect(new Names().createUnknown(1, 'p').taken(2).logIn(3, 'a', 'p').wrong(4, 'p').found).toEqual([
    'G7 name',
  ]);
});

it('knows a right password that is called wrong', () => {
  const refused = { outcome: 'refused', reason: 'PASSWORD_WRONG' } as const;
  const change = (oldPassword: string) => ({
    op: 'changePassword' as const,
    username: 'nat',
    oldPassword,
    newPassword: 'new',
  });
  const tried = (who: string, password: string) =>
    new Names().create(1, 'a').call(who, 2, change(password), {}, refused).found;
  expect(tried('a', 'another')).toEqual([]);
  expect(tried('a', 'password of a')).toEqual(['G7 name']);
  // Of an account that had the name before.
  expect(tried('b', 'password of a')).toEqual([]);
  const leave = { op: 'deleteAccount' as const, username: 'nat', password: 'password of a' };
  expect(new Names().create(1, 'a').call('a', 2, leave, {}, refused).found).toEqual(['G7 name']);
});

it('knows a name that a send can not find', () => {
  const send = { op: 'send' as const, to: 'Nat', text: 'hi', clientMessageId: 'm' };
  const refused = { outcome: 'refused', reason: 'ACCOUNT_NOT_FOUND' } as const;
  expect(new Names().call('x', 1, send, {}, refused).create(2, 'a').found).toEqual([]);
  expect(new Names().create(1, 'a').call('x', 2, send, {}, refused).found).toEqual(['G7 name']);
});

it('knows a list of accounts in the wrong order, with a name twice, or with one that was not asked for', () => {
  expect(new Names().create(1, 'a').listing(2, 'a', 'a').found).toEqual(['G7 list']);
  const accounts = ['nat', 'ann'].map((username) => ({ id: username, username }));
  const create = (story: Names, username: string) =>
    story.call(
      'x',
      1,
      { op: 'createAccount', username, password: 'p' },
      { account: { id: username, username } },
    );
  const both = () => create(create(new Names(), 'nat'), 'ann');
  const list = (pattern: string) =>
    both().call(
      'x',
      2,
      { op: 'listAccounts', pattern, page: { listing: 'l', number: 0 } },
      { accounts, more: false },
    ).found;
  expect(list('*')).toEqual(['G7 list']);
  expect(list('n*')).toEqual(['G7 list']);
});
