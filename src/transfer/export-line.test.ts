import { expect, it } from 'vitest';
import { exportLine } from './export-line.js';

const account = {
  type: 'account',
  id: 'A'.repeat(22),
  username: 'ann',
  create_time: '2026-01-01T00:00:00.000Z',
  deleting: false,
};

it.each([
  ['$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA', true],
  ['$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$aGFzaA', false],
  ['$argon2id$v=19$m=19456,t=4000000000,p=1$c2FsdHNhbHQ$aGFzaA', false],
  ['$argon2id$v=19$t=2,p=200,m=19456$c2FsdHNhbHQ$aGFzaA', false],
])('takes a hash only when a node can afford to compare with it: %s', (password_hash, taken) => {
  expect(exportLine.safeParse({ ...account, password_hash }).success).toBe(taken);
});
