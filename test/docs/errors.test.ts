import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { reasons } from '../../src/chat/chat-error.js';

it('docs/errors.md lists every reason with its status and sentence, and no other', async () => {
  const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` +\| `([A-Z_]+)` +\| (.*?) +\|$/gm)];
  const documented = rows.map(([, reason, status, sentence]) => [reason, status, sentence]);
  expect(documented).toEqual(Object.entries(reasons).map(([reason, row]) => [reason, ...row]));
});
