import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What a round has left. */
export type StoredRound = { readonly folder: string; readonly histories: readonly string[] };

/** The rounds in a folder: itself, when it holds histories, else those of the folders in it. Rejects when there are none. */
export async function storedRounds(folder: string): Promise<StoredRound[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  const own = await roundIn(folder);
  const rounds = own
    ? [own]
    : (await Promise.all(names.sort().map(roundIn))).filter((round) => round !== undefined);
  if (rounds.length === 0) throw new Error(`${folder} holds no histories`);
  return rounds;
}

async function roundIn(folder: string): Promise<StoredRound | undefined> {
  const files = (await readdir(folder)).filter((name) => /^history-.*\.jsonl$/.test(name));
  if (files.length === 0) return undefined;
  return { folder, histories: files.sort().map((name) => join(folder, name)) };
}
