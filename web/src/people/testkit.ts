import type { Account } from '../../../src/client/types.js';

/** Whether a name matches as servers have it. */
export function matchesPattern(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(name);
}

export function account(username: string): Account {
  return { id: `id of ${username}`, username, createTime: 0 };
}
