import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { list, put, remove, take, write } from '../kv/contract/fixture.js';
import { storeContract } from '../kv/contract/store-contract.js';
import { DataFolder } from './data-folder.js';
import type { LmdbFiles } from './lmdb-files.js';
import { LmdbStore } from './lmdb-store.js';

storeContract({
  name: 'lmdb',
  capabilities: { feedSurvivesReopen: false },
  createPlace: async () => {
    const parent = await mkdtemp(join(tmpdir(), 'holdfast-lmdb-'));
    return {
      open: () => LmdbStore.open({ folder: join(parent, 'data') }),
      remove: () => rm(parent, { recursive: true }),
    };
  },
});

/** Lets a method of the database below a store throw until it is restored. */
function failing(store: LmdbStore, method: 'batch' | 'readerCheck' | 'useReadTransaction') {
  const { files } = store as unknown as { readonly files: LmdbFiles };
  return vi.spyOn(files.root, method).mockImplementation(() => {
    throw new Error('the disk is gone');
  });
}

describe('lmdb: its folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-lmdb-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is for one store at a time', async () => {
    const store = await LmdbStore.open({ folder });
    await expect(LmdbStore.open({ folder })).rejects.toMatchObject({ code: 'IN_USE' });
    await write(store, put('a', 'still works'));
    await store.close();
    await (await LmdbStore.open({ folder })).close();
  });

  it('is readable by nobody else', async () => {
    const store = await LmdbStore.open({ folder });
    for (const name of await readdir(folder)) {
      expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
    }
    expect((await stat(folder)).mode & 0o077).toBe(0);
    await store.close();
  });

  it('is left alone when it is not ours', async () => {
    await writeFile(join(folder, 'letter.txt'), 'dear');
    await expect(LmdbStore.open({ folder })).rejects.toMatchObject({ code: 'FOREIGN' });
    expect(await readdir(folder)).toEqual(['letter.txt']);
    await writeFile(join(folder, 'holdfast.json'), '{"format": "another"}');
    await expect(LmdbStore.open({ folder })).rejects.toMatchObject({ code: 'FOREIGN' });
  });

  it('is not made when the store is to be there already', async () => {
    const missing = join(folder, 'missing');
    for (const path of [missing, folder]) {
      await expect(LmdbStore.open({ folder: path, create: false })).rejects.toMatchObject({
        code: 'MISSING',
      });
    }
    expect(await readdir(folder)).toEqual([]);
    await (await LmdbStore.open({ folder: missing })).close();
    await (await LmdbStore.open({ folder: missing, create: false })).close();
  });

  it('is left alone when a newer program made it, or it is a file', async () => {
    const file = join(folder, 'holdfast.json');
    await writeFile(file, '{"format": "holdfast-lmdb", "version": 2}');
    await expect(LmdbStore.open({ folder })).rejects.toMatchObject({ code: 'VERSION' });
    await expect(LmdbStore.open({ folder: file })).rejects.toMatchObject({ code: 'UNWRITABLE' });
  });

  describe('with a damaged database', () => {
    const database = () => join(folder, 'data.mdb');
    beforeEach(async () => {
      const store = await LmdbStore.open({ folder });
      for (let i = 0; i < 50; i += 1) await write(store, put(`k${i}`, 'x'.repeat(i * 100)));
      await store.close();
    });

    it.each<[string, (size: number) => Promise<void>]>([
      ['random bytes', (size) => writeFile(database(), randomBytes(size))],
      ['a lost start', async () => writeFile(database(), (await readFile(database())).fill(0, 0, 4_096))],
      ['half of it', (size) => truncate(database(), size / 2)],
      ['the last page cut off', (size) => truncate(database(), size - 1)],
      ['an empty file', () => truncate(database())],
      ['no file', () => rm(database())],
    ])('is refused in one line: %s', async (_, damage) => {
      await damage((await stat(database())).size);
      const before = await readdir(folder);
      const opening = LmdbStore.open({ folder });
      await expect(opening).rejects.toMatchObject({ name: 'FolderError', code: 'DAMAGED' });
      await expect(opening).rejects.toThrow(/^the database \S+ is damaged: [^\n]+$/);
      expect(await readdir(folder)).toEqual(before);
    });
  });

  it('starts anew when its first start was cut off', async () => {
    await (await LmdbStore.open({ folder })).close();
    await writeFile(join(folder, 'holdfast.json'), '{"format":"holdfast-lmdb","version":1,"data":false}');
    await truncate(join(folder, 'data.mdb'), 5_000);
    const store = await LmdbStore.open({ folder });
    await write(store, put('a', 'works'));
    await store.close();
  });

  it('is read when it was made before the marker told that there is data', async () => {
    const store = await LmdbStore.open({ folder });
    await write(store, put('a', 'old'));
    await store.close();
    const marker = join(folder, 'holdfast.json');
    await writeFile(marker, '{"format":"holdfast-lmdb","version":1}');
    const again = await LmdbStore.open({ folder });
    expect(await list(again, 'a', 'b')).toEqual({ a: 'old' });
    await again.close();
    expect(JSON.parse(await readFile(marker, 'utf8'))).toMatchObject({ data: true });
  });

  it('keeps no byte of what was deleted or overwritten once it is opened again', async () => {
    let store = await LmdbStore.open({ folder });
    for (let i = 0; i < 300; i += 1) await write(store, put(`k${i}`, `SECRET ${i} ${'x'.repeat(i * 7)}`));
    for (let i = 0; i < 300; i += 2) await write(store, remove(`k${i}`));
    for (let i = 1; i < 300; i += 2) await write(store, { ...put(`k${i}`, 'open'), erase: true });
    const stored = () => readFile(join(folder, 'data.mdb'));
    expect((await stored()).includes('SECRET')).toBe(true);
    await store.close();
    store = await LmdbStore.open({ folder });
    expect((await stored()).includes('SECRET')).toBe(false);
    expect(await store.count({ start: Buffer.from('k'), end: Buffer.from('l') })).toBe(150);
    await store.close();
  });

  it('is not written anew for values that were merely replaced', async () => {
    let store = await LmdbStore.open({ folder });
    const { ino } = await stat(join(folder, 'data.mdb'));
    for (let i = 0; i < 10; i += 1) await write(store, put('head', `${i}`));
    await store.close();
    store = await LmdbStore.open({ folder });
    expect((await stat(join(folder, 'data.mdb'))).ino).toBe(ino);
    await write(store, { ...put('head', 'last'), erase: true });
    await store.close();
    store = await LmdbStore.open({ folder });
    expect((await stat(join(folder, 'data.mdb'))).ino).not.toBe(ino);
    expect(store.erasureWaits).toBe(false);
    await store.close();
  });

  it('is written on when it can not be asked for readers that have died', async () => {
    const store = await LmdbStore.open({ folder });
    const asked = failing(store, 'readerCheck');
    await write(store, put('a', 'kept'));
    expect(asked).toHaveBeenCalled();
    await write(store, put('b', 'kept, too'));
    expect(await list(store, 'a', 'c')).toEqual({ a: 'kept', b: 'kept, too' });
    await store.close();
  });

  it('refuses each commit that LMDB fails to take, and goes on', async () => {
    const faults: unknown[] = [];
    const store = await LmdbStore.open({ folder, onFault: (error) => faults.push(error) });
    await write(store, put('a', 'before'));
    const failed = failing(store, 'batch');
    for (const value of ['1', '2']) {
      await expect(write(store, put('a', value))).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
    }
    expect(faults).toHaveLength(2);
    failed.mockRestore();
    expect(await write(store, put('b', 'after'))).toBe(2);
    expect(await list(store, 'a', 'c')).toEqual({ a: 'before', b: 'after' });
    await store.close();
  });

  it('takes no more until it can look what became of a commit, and says that changes are missing', async () => {
    const store = await LmdbStore.open({ folder });
    const first = await write(store, put('a', 'before'));
    const failed = failing(store, 'useReadTransaction');
    await expect(write(store, put('a', 'unknown'))).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
    await expect(write(store, put('a', 'refused'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await list(store, 'a', 'b')).toEqual({ a: 'before' });
    failed.mockRestore();
    // By what is there now, not by what was seen last.
    const stale = { key: Buffer.from('a'), revision: first };
    expect(await store.commit({ checks: [stale], writes: [put('a', 'wrong')] })).toEqual({ ok: false });
    await write(store, put('b', 'after'));
    expect(await list(store, 'a', 'c')).toEqual({ a: 'unknown', b: 'after' });
    await expect(take(store, first, 1)).rejects.toMatchObject({ code: 'COMPACTED' });
    await store.close();
  });

  it('tells a reader of changes that has fallen behind', async () => {
    const store = await LmdbStore.open({ folder, feedBytes: 10_000 });
    for (let i = 0; i < 200; i += 1) await write(store, put(`k${i}`, 'x'.repeat(100)));
    await expect(take(store, 0, 1)).rejects.toMatchObject({ code: 'COMPACTED' });
    expect(await take(store, 198, 2)).toHaveLength(2);
    await expect(take(store, 201, 1)).rejects.toMatchObject({ code: 'INVALID' });
    await store.close();
  });

  it('keeps room for deleting on a disk that is filled as quickly as can be', async () => {
    const store = await LmdbStore.open({ folder });
    const capacity = 48 * 1_024 * 1_024;
    vi.spyOn(DataFolder.prototype, 'size').mockImplementation(async () => {
      const { size: bytes } = await stat(join(folder, 'data.mdb'));
      return { bytes, bytesAvailable: Math.max(0, capacity - bytes) };
    });
    // All of it within one instant.
    vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const value = 'x'.repeat(16_000);
    const fill = async (number: number) => store.commit({ checks: [], writes: [put(`k${number}`, value)] });
    const filled = await Promise.allSettled(Array.from({ length: 4_000 }, (_, number) => fill(number)));
    expect(filled.at(0)?.status).toBe('fulfilled');
    expect(filled.at(-1)).toMatchObject({ reason: { code: 'OUT_OF_SPACE' } });
    const { bytesAvailable } = await store.size();
    expect(bytesAvailable).toBeGreaterThan(6 * 1_024 * 1_024);
    await store.commit({ checks: [], reserve: true, writes: [remove('k0')] });
    await store.close();
  });
});
