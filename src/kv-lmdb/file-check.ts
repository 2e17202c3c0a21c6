import { endianness } from 'node:os';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

// LMDB's file format 2 on 64-bit machines: `MDB_page_header`, then `MDB_meta` (libraries/liblmdb/mdb.c of lmdb).
const metaBytes = 160;
const isMeta = 0x08;
const magic = 0xbeefc0de;
const formatVersion = 2;
const layoutKnown = ['x64', 'arm64'].includes(process.arch) && endianness() === 'LE';

type Meta = { readonly pageSize: number; readonly lastPage: number; readonly transaction: bigint };

/**
 * Looks for damage that would end the program when LMDB maps the file: another kind of file, or one that is cut off.
 * Returns what is wrong with it, undefined when nothing is.
 */
export async function findDamage(path: string): Promise<string | undefined> {
  if (!layoutKnown) return undefined;
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size === 0) return 'it is empty';
    const first = await readMeta(file, 0);
    const second = first && (await readMeta(file, first.pageSize));
    if (!first || second?.pageSize !== first.pageSize) return 'it is no LMDB database, or its start is lost';
    const { lastPage, pageSize } = second.transaction > first.transaction ? second : first;
    const wanted = (lastPage + 1) * pageSize;
    return size < wanted ? `it has ${size} bytes of at least ${wanted}` : undefined;
  } finally {
    await file.close();
  }
}

async function readMeta(file: FileHandle, position: number): Promise<Meta | undefined> {
  const page = Buffer.alloc(metaBytes);
  const { bytesRead } = await file.read(page, 0, metaBytes, position);
  if (bytesRead < metaBytes) return undefined;
  const pageSize = page.readUInt32LE(48);
  const isPageSize = pageSize >= 512 && pageSize <= 65_536 && (pageSize & (pageSize - 1)) === 0;
  const known =
    (page.readUInt16LE(18) & isMeta) !== 0 &&
    page.readUInt32LE(24) === magic &&
    page.readUInt16LE(28) === formatVersion;
  if (!known || !isPageSize) return undefined;
  return { pageSize, lastPage: Number(page.readBigUInt64LE(144)), transaction: page.readBigUInt64LE(152) };
}
