import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Chat } from '../../src/chat/chat.js';
import type { Store } from '../../src/kv/store.js';
import { LmdbStore } from '../../src/kv-lmdb/lmdb-store.js';
import type { ExportLine } from '../../src/transfer/export-line.js';
import { exportStore } from '../../src/transfer/export-store.js';
import { importStore } from '../../src/transfer/import-store.js';
import type { ImportOptions, ImportOutcome } from '../../src/transfer/import-store.js';
import { checkExport } from '../../src/transfer/read-export.js';
import { Tally } from '../../src/transfer/tally.js';
import { writeExport } from '../../src/transfer/write-export.js';
import { temporaryFolder } from './temporary-folder.js';
import { allPages, login } from './test-chat.js';

/** Tests need not wait for a store that is only said to be out of reach. */
export const noWait = () => Promise.resolve();

/** An empty store that is closed with its test. */
export async function openStore(): Promise<Store> {
  const store = await LmdbStore.open({ folder: await temporaryFolder() });
  onTestFinished(() => store.close());
  return store;
}

export async function exportText(store: Store, options: { pageSize?: number } = {}): Promise<string> {
  let text = '';
  const lines = exportStore(store, { now: () => 1_700_000_000_000, wait: noWait, ...options });
  await writeExport(lines, (part) => {
    text += part;
    return Promise.resolve();
  });
  return text;
}

/** A text as a file gives it, in chunks of some bytes. */
export async function* chunksOf(text: string | Uint8Array, size = 1_000): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

export async function importText(
  store: Store,
  text: string,
  options: Partial<ImportOptions> = {},
): Promise<ImportOutcome> {
  const open = () => chunksOf(text);
  const random = (count: number) => randomBytes(count);
  const trailer = await checkExport(open());
  return importStore(store, { open, trailer, random, wait: noWait, ...options });
}

/** What an export says, without when it was made. */
export function bodyOf(text: string): string[] {
  return text.trim().split('\n').slice(1, -1);
}

/** Lines with a last line that is right for them. */
export function sealed(lines: readonly ExportLine[]): string {
  const tally = new Tally();
  for (const line of lines) tally.add(line, `${JSON.stringify(line)}\n`);
  return [...lines, tally.trailer()].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Everything that the API answers to people who log in, but their sessions. */
export async function answersOf(chat: Chat, usernames: readonly string[]) {
  const answers = [];
  for (const username of usernames) {
    const caller = await login(chat, username);
    const page = { pageSize: 3 };
    const conversations = await allPages((pageToken) =>
      chat.conversations.list(caller, { ...page, pageToken }),
    );
    const histories = [];
    for (const { id } of conversations) {
      const query = { ...page, target: { conversationId: id }, beforeSeq: undefined, afterSeq: undefined };
      histories.push(await allPages((pageToken) => chat.messages.list(caller, { ...query, pageToken })));
    }
    answers.push({
      account: await chat.accounts.get(username),
      accounts: await allPages((pageToken) => chat.accounts.list({ ...page, pattern: '*', pageToken })),
      conversations,
      histories,
      unread: await allPages((pageToken) => chat.messages.listUnread(caller, { ...page, pageToken })),
    });
  }
  return answers;
}
