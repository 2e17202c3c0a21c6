import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../test/testkit/temporary-folder.js';
import { NodeFolder } from './node-folder.js';
import type { OpenNodeFolderOptions } from './node-folder.js';

const peers = { node1: 'localhost:1', node2: 'localhost:2', node3: 'localhost:3' };
const moved = { ...peers, node3: 'localhost:33' };

async function setUp() {
  const serverData = await temporaryFolder();
  const path = join(serverData, 'node1');
  const marker = join(path, 'holdfast.json');
  const open = async (options: Partial<OpenNodeFolderOptions> = {}) => {
    const realPeers = () => Promise.resolve(undefined);
    const folder = await NodeFolder.open({ serverData, nodeId: 'node1', peers, realPeers, ...options });
    onTestFinished(() => folder.close());
    return folder;
  };
  const fill = async () => {
    await mkdir(join(path, 'etcd', 'member', 'wal'), { recursive: true });
    await writeFile(join(path, 'etcd', 'member', 'wal', '0-0.wal'), 'log');
  };
  return { serverData, path, marker, open, fill };
}

describe("a node's folder", () => {
  it('is made for this user alone, and says what it is of', async () => {
    const { path, marker, open, fill } = await setUp();
    const first = await open();
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect(JSON.parse(await readFile(marker, 'utf8'))).toMatchObject({
      format: 'holdfast-node',
      version: 1,
      nodeId: 'node1',
      peers,
    });
    expect(first.hasData).toBe(false);
    await expect(open()).rejects.toMatchObject({ code: 'IN_USE' });
    await first.close();
    await fill();
    expect((await open()).hasData).toBe(true);
  });

  it.each([
    ['{"format":"holdfast-node","version":2}', 'VERSION', 'newer Holdfast'],
    ['{"format":"holdfast-lmdb","version":1}', 'FOREIGN', 'something else'],
    ['{"format":"holdfast-node","version":1}', 'FOREIGN', 'something else'],
    ['thesis', 'FOREIGN', 'something else'],
    [
      '{"format":"holdfast-node","version":1,"nodeId":"node2","peers":{}}',
      'FOREIGN',
      'is of node node2, not of node1',
    ],
  ])('is refused, untouched, with the marker %s', async (text, code, message) => {
    const { path, marker, open } = await setUp();
    await mkdir(path);
    await writeFile(marker, text);
    await expect(open()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
    expect((await readdir(path)).filter((name) => name !== 'lock')).toEqual(['holdfast.json']);
    expect(await readFile(marker, 'utf8')).toBe(text);
  });

  it('refuses peers that differ from those it knows, untouched, and names the difference', async () => {
    const { marker, open, fill } = await setUp();
    await (await open()).close();
    await fill();
    const before = await readFile(marker, 'utf8');
    for (const real of [undefined, peers]) {
      await expect(open({ peers: moved, realPeers: () => Promise.resolve(real) })).rejects.toMatchObject({
        code: 'PEERS_DIFFER',
        message: expect.stringContaining('node3 is localhost:33 instead of localhost:3') as string,
      });
    }
    expect(await readFile(marker, 'utf8')).toBe(before);
  });

  it('takes over the configured peers when they are the real ones, asking all that it has heard of', async () => {
    const { open, fill } = await setUp();
    await (await open()).close();
    await fill();
    let asked: readonly string[] = [];
    const realPeers = (addresses: readonly string[]) => {
      asked = addresses;
      return Promise.resolve(moved);
    };
    await (await open({ peers: moved, realPeers })).close();
    expect([...asked].sort()).toEqual(['localhost:1', 'localhost:2', 'localhost:3', 'localhost:33']);
    expect((await open({ peers: moved })).record.peers).toEqual(moved);
  });

  it('is not bound to peers while it has no data', async () => {
    const { open } = await setUp();
    await (await open()).close();
    expect((await open({ peers: moved })).record.peers).toEqual(moved);
  });

  it('remembers what has changed', async () => {
    const { open } = await setUp();
    const folder = await open();
    expect(await folder.update({ peers, memberId: 'a1' })).toBeUndefined();
    expect(await folder.update({ peers: moved, memberId: 'a1' })).toContain('localhost:33');
    await folder.close();
    expect((await open({ peers: moved })).record).toMatchObject({ peers: moved, memberId: 'a1' });
  });

  it('does not speak TLS to a cluster that began without, or the other way round', async () => {
    const { open, fill } = await setUp();
    await (await open()).close();
    // Nothing has begun yet.
    await (await open({ tls: true })).close();
    await fill();
    await (await open({ tls: true })).close();
    await expect(open()).rejects.toMatchObject({ code: 'TLS_DIFFERS' });
    await expect(open({ peers: moved })).rejects.toMatchObject({ code: 'TLS_DIFFERS' });
    await (await open({ tls: true })).close();
  });
});
