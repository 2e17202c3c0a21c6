import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScalarType, create, toBinary, toJsonString } from '@bufbuild/protobuf';
import type { DescMessage } from '@bufbuild/protobuf';
import { pack } from 'msgpackr';
import { onTestFinished } from 'vitest';
import { ChatError } from '../../src/chat/chat-error.js';
import { decodeChange, partitionOf } from '../../src/chat/feed-change.js';
import { keys } from '../../src/chat/keys.js';
import { Paging } from '../../src/chat/paging.js';
import { Position } from '../../src/chat/position.js';
import { records } from '../../src/chat/records.js';
import { parseSessionToken } from '../../src/chat/session-token.js';
import { makeToken } from '../../src/chat/signed-token.js';
import { parseWildcard } from '../../src/chat/wildcard.js';
import { decodeKey } from '../../src/kv/key-codec.js';
import { StoreError } from '../../src/kv/store-error.js';
import { networkOf } from '../../src/server/client-address.js';
import { ConfigError, readConfig } from '../../src/server/config.js';
import { parseBinary, parseJson } from '../../src/server/parse-request.js';
import { routes } from '../../src/server/routes.js';
import { readExport } from '../../src/transfer/read-export.js';
import { TransferError } from '../../src/transfer/transfer-error.js';
import { chunksOf } from '../testkit/transfer.js';
import { anyValue, mutate } from './mutator.js';
import type { Random } from './mutator.js';
import type { Target } from './target.js';

/** Lets pass the errors that are an answer. */
function expecting(
  kind: typeof ChatError | typeof StoreError | typeof ConfigError,
  act: () => unknown,
): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof kind)) throw error;
    if (error.message === '' || error.message.includes('\n'))
      throw new Error('an error is not one line', { cause: error });
  }
}

const id = 'Zm9vYmFyYmF6cXV4MTIzNA';

function simple(type: ScalarType): unknown {
  if (type === ScalarType.STRING) return 'ann';
  if (type === ScalarType.BOOL) return true;
  return type === ScalarType.INT64 || type === ScalarType.UINT64 ? 3n : 3;
}

/** A request of each method with something in every field that is simple. */
export function requestOf(input: DescMessage): Buffer[] {
  const filled: Record<string, unknown> = {};
  for (const field of input.fields) {
    if (field.fieldKind === 'scalar') {
      filled[field.localName] = simple(field.scalar);
    } else if (field.fieldKind === 'list')
      filled[field.localName] = field.listKind === 'scalar' ? [1n, 2n] : [];
    else if (field.fieldKind === 'map') filled[field.localName] = { [id]: 1n };
  }
  if (
    input.fields.some(({ name }) => name === 'username') &&
    input.oneofs.some(({ name }) => name === 'target')
  ) {
    filled.target = { case: 'username', value: 'ann' };
  }
  const message = create(input, filled);
  return [Buffer.from(toBinary(input, message)), Buffer.from(toJsonString(input, message))];
}

function messages(): Target[] {
  const parse = (random: Random, act: typeof parseBinary, at: number) => {
    const { input } = random.pick(routes).method;
    const corpus = [requestOf(input)[at] ?? Buffer.alloc(0), Buffer.alloc(0)];
    expecting(ChatError, () => act(input, mutate(random, corpus)));
  };
  return [
    { name: 'protobuf messages', run: (random) => parse(random, parseBinary, 0) },
    { name: 'JSON messages', run: (random) => parse(random, parseJson, 1) },
  ];
}

function tokens(): Target[] {
  const cursors = new Map([[id, 5]]);
  const resume = Position.of(cursors).token(id, id);
  const query = ['accounts', '*'];
  const request = { pageSize: 0, pageToken: '' };
  const page = new Paging(query, request, ['text']).tokenAt(['ann']);
  const corpus = [resume, page, `hf1_${id}${'a'.repeat(43)}`, 'a*b?c'].map((text) => Buffer.from(text));
  const read = (token: string) => {
    const parsed = Position.parse(token);
    // What was taken for a position is one.
    parsed?.position.find(id);
    parsed?.position.token(id, id);
    parsed?.position.within(id, 5, 7)?.find('x');
    expecting(ChatError, () => new Paging(query, { pageSize: 5, pageToken: token }, ['text', 'number']));
    expecting(ChatError, () => new Paging(query, { pageSize: 5, pageToken: token }, ['text']));
  };
  return [
    {
      name: 'tokens and patterns',
      run: (random) => {
        const text = mutate(random, corpus).toString();
        read(text);
        parseSessionToken(text);
        expecting(ChatError, () => parseWildcard(text).matches('ann'));
      },
    },
    {
      name: 'forged tokens',
      run: (random) => {
        const values = Array.from({ length: random.below(5) }, () => anyValue(random));
        const owner = [makeToken('query', query).slice(0, 16), anyValue(random)];
        read(makeToken('resume', random.pick([values, [id, id, ...values], [id, id, values]])));
        read(makeToken('page', random.pick([values, owner])));
      },
    },
  ];
}

function stored(): Target[] {
  const types = Object.values(records);
  const corpus = [
    records.account.encode({ id, username: 'ann', passwordHash: 'x', createTime: 1.7e12, state: 'active' }),
    records.message.encode({
      sender: 0,
      ordinal: 1,
      createTime: 1.7e12,
      clientMessageId: 'a',
      text: 'hi',
      appended: null,
    }),
    records.head.encode({ seq: 3, lastTime: 1.7e12, closed: false, counts: [1, 2], deletions: 0 }),
    records.logins.encode({
      names: ['a'],
      known: [true],
      failures: [3],
      times: [1.7e12],
      strangersDue: 1.7e12,
    }),
    records.info.encode({ memberIds: [id], memberNames: ['ann'], memberDeleted: [false] }),
  ].map((bytes) => Buffer.from(bytes));
  const keysKnown = [
    keys.account('ann'),
    keys.session(id, 'x'),
    keys.entry(id, id),
    keys.hidden(id, id, 7),
    keys.info(id),
    keys.message(id, 3),
    keys.deletion(id, 1),
  ].map((bytes) => Buffer.from(bytes));
  return [
    {
      name: 'stored records',
      run: (random) => {
        const bytes =
          random.below(3) === 0
            ? pack([1, ...Array.from({ length: 1 + random.below(6) }, () => anyValue(random))])
            : mutate(random, corpus);
        const type: { decode: (bytes: Uint8Array) => unknown } = random.pick(types);
        expecting(StoreError, () => type.decode(bytes));
      },
    },
    {
      name: 'stored keys and changes',
      run: (random) => {
        const change = {
          type: 'put' as const,
          key: mutate(random, keysKnown),
          value: mutate(random, corpus),
        };
        expecting(StoreError, () => decodeKey(change.key));
        expecting(StoreError, () => {
          const partition = partitionOf(change);
          if (partition) decodeChange(change, partition);
        });
      },
    },
  ];
}

function configuration(): Target {
  const corpus = [
    {
      host: '127.0.0.1',
      port: 1,
      web_port: 2,
      server_addresses: ['a:1'],
      web_addresses: ['https://a.example'],
      limits: { calls: { burst: 7, per_minute: 8 }, sends: false, streams: 9, slow_reader_seconds: 1.5 },
      trusted_proxies: ['10.0.0.7', 'fd00::/8'],
    },
    {
      distributed_mode: true,
      peers: { node1: 'localhost:9888', node2: '[::1]:9889' },
      store_quota_bytes: 1e9,
    },
  ].map((config) => Buffer.from(JSON.stringify(config)));
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'config.json');
  return {
    name: 'configuration',
    run: (random) => {
      writeFileSync(path, mutate(random, corpus));
      const env = {
        CHAT_PORT: random.pick([undefined, '', '1', mutate(random, [Buffer.from('8888')]).toString()]),
      };
      expecting(ConfigError, () => readConfig(path, env, random.pick([undefined, 'node1', 'x'])));
    },
  };
}

/** All but the last line, which is checked for what it says and not for how it is written. */
function bodyOf(text: string): string {
  return text.trimEnd().split('\n').slice(0, -1).join('\n');
}

/** `text`: an export. */
function exports(text: string): Target {
  const corpus = [Buffer.from(text), ...text.split('\n').map((line) => Buffer.from(`${line}\n`))];
  const whole = [Buffer.from(text)];
  return {
    name: 'import files',
    run: async (random) => {
      const bytes = mutate(random, random.below(4) === 0 ? corpus : whole);
      try {
        let lines = 0;
        for await (const { number } of readExport(chunksOf(bytes, 1 + random.below(500)))) lines = number;
        if (lines === 0) throw new Error('nothing was read, and nothing was said');
        if (bodyOf(bytes.toString()) !== bodyOf(text)) throw new Error('another file was taken for whole');
      } catch (error) {
        if (!(error instanceof TransferError)) throw error;
      }
    },
  };
}

function addresses(): Target {
  const corpus = ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1', '[::1]:80', 'fe80::1%eth0'].map((text) =>
    Buffer.from(text),
  );
  return { name: 'addresses', run: (random) => networkOf(mutate(random, corpus).toString()) };
}

/** What parses within one call. */
export function bytesTargets(exported: string): Target[] {
  return [...messages(), ...tokens(), ...stored(), configuration(), exports(exported), addresses()];
}
