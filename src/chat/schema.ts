import type { Store } from '../kv/store.js';
import { keys } from './keys.js';
import { applied, optimistically, readRecord } from './optimistic.js';
import { records } from './records.js';

/**
 * The newest form of stored data that this program reads and writes. It also reads every older one, and writes a new
 * form only into a store whose schema is as new: then every program that has the store open knows it
 * (docs/decisions/schema.md).
 */
export const newestSchema = 1;

/** The schema of a store; one that says nothing was made before there were others. */
export async function readSchema(store: Pick<Store, 'read'>): Promise<number> {
  const found = await readRecord(store, keys.schema(), records.schema);
  return found?.record.version ?? 1;
}

/** Data that only a newer program can use. The message says so, in one line. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

/** Throws SchemaError for a store that a newer program has written to. */
export async function requireKnownSchema(store: Pick<Store, 'read'>): Promise<void> {
  const schema = await readSchema(store);
  if (schema <= newestSchema) return;
  throw new SchemaError(
    `the data was written by a newer Holdfast (schema ${schema}, this program knows ${newestSchema}): use that one`,
  );
}

/** Lets a store have this program's schema, when no other program uses it. */
export async function raiseSchema(store: Store): Promise<void> {
  await optimistically(async () => {
    const found = await readRecord(store, keys.schema(), records.schema);
    const schema = found?.record.version ?? 1;
    if (schema >= newestSchema) return true;
    const value = records.schema.encode({ version: newestSchema });
    return applied(
      await store.commit({
        reserve: true,
        checks: [{ key: keys.schema(), revision: found?.revision ?? null }],
        writes: [{ type: 'put', key: keys.schema(), value }],
      }),
    );
  });
}
