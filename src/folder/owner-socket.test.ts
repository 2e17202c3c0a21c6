import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as files from 'node:fs/promises';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../../test/testkit/temporary-folder.js';
import { OwnerSocket } from './owner-socket.js';

/** What the next looks into a folder find, instead of what is there: as somebody who stands still after looking. */
const stale = vi.hoisted((): string[][] => []);
vi.mock('node:fs/promises', async (original) => {
  const real: typeof files = await original();
  const look = async (path: string) => stale.shift() ?? real.readdir(path);
  return { ...real, readdir: look };
});

const compiled = fileURLToPath(new URL('../../dist/folder/owner-socket.js', import.meta.url));

async function acquire(folder: string): Promise<OwnerSocket> {
  const owner = await OwnerSocket.acquire(folder);
  if (!owner) throw new Error('there can be sockets in this folder');
  return owner;
}

/** Another process that owns the folder until it is ended by the returned function. */
async function ownElsewhere(folder: string) {
  const script = `
    const { OwnerSocket } = await import(${JSON.stringify(compiled)});
    await OwnerSocket.acquire(${JSON.stringify(folder)});
    console.log('owned');
    setInterval(() => undefined, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const end = ended.then(([status]) => {
    throw new Error(`the owner has ended: ${String(status)}`);
  });
  end.catch(() => undefined);
  await Promise.race([once(child.stdout, 'data'), end]);
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    stop: () => process.kill(child.pid ?? 0, 'SIGSTOP'),
  };
}

it('lets a folder have one owner at a time', async () => {
  const folder = await temporaryFolder();
  for (let i = 0; i < 3; i += 1) {
    const owner = await acquire(folder);
    await expect(acquire(folder)).rejects.toMatchObject({ code: 'IN_USE' });
    await owner.release();
  }
  // Only the last one's name stays, whose number nobody may take again.
  expect(await readdir(join(folder, 'lock'))).toEqual(['3']);
});

it('is released by whatever ends its process, and not by a pause of it', async () => {
  const folder = await temporaryFolder();
  const other = await ownElsewhere(folder);
  await expect(acquire(folder)).rejects.toMatchObject({ code: 'IN_USE' });
  other.stop();
  await expect(acquire(folder)).rejects.toMatchObject({ code: 'IN_USE' });
  await other.kill();
  await (await acquire(folder)).release();
});

it('is had by one of many who find the owner gone', async () => {
  const folder = await temporaryFolder();
  for (let round = 0; round < 20; round += 1) {
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => acquire(folder)));
    const owners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    expect(owners).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'IN_USE' });
    }
    await owners[0]?.release();
  }
});

it('is had in a folder whose path is too long for a socket', async () => {
  const folder = join(await temporaryFolder(), 'x'.repeat(100), 'y'.repeat(100));
  await mkdir(folder, { recursive: true });
  const owner = await acquire(folder);
  await expect(acquire(folder)).rejects.toMatchObject({ code: 'IN_USE' });
  await owner.release();
});

it('is not had where there can be no sockets', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'lock'), '');
  expect(await OwnerSocket.acquire(folder)).toBeUndefined();
});

it('is not had by somebody who has stood still while others had it, and takes nothing from them', async () => {
  const folder = await temporaryFolder();
  for (let i = 0; i < 2; i += 1) await (await acquire(folder)).release();
  const owner = await acquire(folder);
  // As before the second one: its number is free again.
  stale.push(['1']);
  await expect(acquire(folder)).rejects.toMatchObject({ code: 'IN_USE' });
  expect(stale).toEqual([]);
  expect(await readdir(join(folder, 'lock'))).toEqual(['3']);
  await expect(acquire(folder)).rejects.toMatchObject({ code: 'IN_USE' });
  await owner.release();
});

it('leaves alone what is not its own', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'lock'));
  for (const name of ['letter.txt', '1.txt']) await writeFile(join(folder, 'lock', name), 'dear');
  expect(await OwnerSocket.leftAll(folder, ['lock'])).toBe(false);
  for (let i = 0; i < 2; i += 1) await (await acquire(folder)).release();
  expect((await readdir(join(folder, 'lock'))).sort()).toEqual(['1.txt', '2', 'letter.txt']);
});
