import type { Key, KeyRange } from '../kv/store.js';

/** The part of etcd's keys that holds the store's: those with a prefix. */
export class Keyspace {
  private readonly prefix: Buffer;
  /** All of it, as etcd's key and range end. */
  readonly all: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array };

  /** `prefix`: not empty, ASCII. */
  constructor(prefix: string) {
    this.prefix = Buffer.from(prefix, 'ascii');
    const rangeEnd = Buffer.from(this.prefix);
    const last = rangeEnd.length - 1;
    rangeEnd[last] = (rangeEnd[last] ?? 0) + 1;
    this.all = { key: this.prefix, rangeEnd };
  }

  toEtcd(key: Key): Buffer {
    return Buffer.concat([this.prefix, key]);
  }

  rangeToEtcd({ start, end }: KeyRange): { key: Buffer; rangeEnd: Buffer } {
    return { key: this.toEtcd(start), rangeEnd: this.toEtcd(end) };
  }

  fromEtcd(key: Uint8Array): Key {
    return key.subarray(this.prefix.length);
  }
}
