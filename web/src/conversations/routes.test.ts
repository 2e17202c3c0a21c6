import { expect, it } from 'vitest';
import type { Conversation } from '../../../src/client/types.js';
import { neighbour, routeOf, targetOf } from './routes.js';

const list = ['ben', 'Cleo', ''].map((title, i) => ({ id: `c${i}`, title }) as Conversation);

it('names a conversation by the person, or by its id when that one is gone', () => {
  expect(targetOf({ page: 'with', username: 'BEN' }, list)).toEqual({
    conversationId: 'c0',
    username: 'ben',
  });
  expect(targetOf({ page: 'with', username: 'dan' }, list)).toEqual({ username: 'dan' });
  expect(targetOf({ page: 'conversation', id: 'c2' }, list)).toEqual({ conversationId: 'c2' });
  expect(targetOf({ page: 'cluster' }, list)).toBeUndefined();
  expect(routeOf({ conversationId: 'c2' })).toEqual({ page: 'conversation', id: 'c2' });
});

it('goes up and down the list, and stays at its ends', () => {
  const cleo = { page: 'with', username: 'cleo' } as const;
  expect(neighbour(list, cleo, 1)).toEqual({ page: 'conversation', id: 'c2' });
  expect(neighbour(list, { page: 'conversation', id: 'c2' }, 1)).toEqual({ page: 'conversation', id: 'c2' });
  expect(neighbour(list, cleo, -1)).toEqual({ page: 'with', username: 'ben' });
  expect(neighbour(list, { page: 'home' }, 1)).toEqual({ page: 'with', username: 'ben' });
  expect(neighbour(list, { page: 'home' }, -1)).toEqual({ page: 'conversation', id: 'c2' });
  expect(neighbour([], { page: 'home' }, 1)).toEqual({ page: 'home' });
});
