import { expect, it } from 'vitest';
import { formatRoute, parseRoute } from './route.js';
import type { Route } from './route.js';

it.each<[string, Route]>([
  ['#/', { page: 'home' }],
  ['#/with/ben.b-1_', { page: 'with', username: 'ben.b-1_' }],
  ['#/conversation/a%2Fb', { page: 'conversation', id: 'a/b' }],
  ['#/settings', { page: 'settings' }],
  ['#/cluster', { page: 'cluster' }],
])('reads and writes %s', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
  expect(formatRoute(route)).toBe(hash);
});

it.each(['', '#', '#/with/', '#/with/%E0', '#/elsewhere', '#settings'])('takes %j as home', (hash) => {
  expect(parseRoute(hash)).toEqual({ page: 'home' });
});
