import { z } from 'zod';
import { isId } from '../chat/ids.js';

export const formatName = 'holdfast-export';
export const formatVersion = 1;

const id = z.string().refine(isId);
const seq = z.int().min(1);
const count = z.int().min(0);
const seqs = z.array(seq).max(1_000);
/** As Date.toISOString makes it. */
const time = z.string().refine((text) => {
  const milliseconds = Date.parse(text);
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString() === text;
});
const username = z.string().regex(/^[A-Za-z0-9._-]{1,32}$/);

const counts = z.strictObject({
  accounts: count,
  entries: count,
  hidden: count,
  conversations: count,
  messages: count,
  deletions: count,
});

/** The most that a password's hash may ask for each time it is compared; Argon2 names KiB, passes and lanes so. */
const mostCost: Partial<Record<string, number>> = { m: 262_144, t: 16, p: 16 };

/** One that asks for more would keep its node from comparing any other, for whoever tries to log in. */
function isAffordable(passwordHash: string): boolean {
  const parameters = passwordHash.matchAll(/[$,]([mtp])=(\d+)/g);
  return [...parameters].every(([, name = '', value]) => Number(value) <= (mostCost[name] ?? 0));
}

/** The lines of an export, by `type`. What they mean and how they follow each other: docs/export-format.md. */
export const exportLine = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('header'),
    format: z.literal(formatName),
    version: z.literal(formatVersion),
    export_time: time,
  }),
  z.strictObject({
    type: z.literal('account'),
    id,
    username,
    create_time: time,
    password_hash: z.string().max(1_024).refine(isAffordable),
    /** Its deletion has begun and has to be finished. */
    deleting: z.boolean(),
  }),
  z.strictObject({
    type: z.literal('entry'),
    account_id: id,
    conversation_id: id,
    read_seq: count,
    read_others: count,
    hidden_unread: count,
  }),
  z.strictObject({
    type: z.literal('hidden'),
    account_id: id,
    conversation_id: id,
    seqs: seqs.min(1),
    /** Those of them that the account has sent. */
    own: seqs,
  }),
  z.strictObject({ type: z.literal('conversation'), id, member_ids: z.array(id).min(1).max(2) }),
  z.strictObject({
    type: z.literal('message'),
    conversation_id: id,
    seq,
    sender_id: id,
    create_time: time,
    client_message_id: z.string().regex(/^[\x21-\x7e]{1,64}$/),
    /** null: deleted for everyone. */
    text: z
      .string()
      .min(1)
      .refine((text) => Buffer.byteLength(text) <= 16 * 1_024 && text.isWellFormed())
      .nullable(),
  }),
  z.strictObject({ type: z.literal('deleted'), conversation_id: id, seqs: seqs.min(1) }),
  z.strictObject({ type: z.literal('deletion'), conversation_id: id, number: seq, seqs }),
  z.strictObject({
    type: z.literal('head'),
    conversation_id: id,
    head_seq: count,
    counts: z.array(count),
    last_time: time,
    deletions: count,
    closed: z.boolean(),
    members: z.array(z.strictObject({ username: username.or(z.literal('')), deleted: z.boolean() })),
  }),
  z.strictObject({ type: z.literal('ended'), account_ids: z.array(id).min(1).max(2) }),
  z.strictObject({
    type: z.literal('trailer'),
    lines: count,
    counts,
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
]);

export type ExportLine = z.infer<typeof exportLine>;
export type LineOf<Type extends ExportLine['type']> = Extract<ExportLine, { type: Type }>;
export type Counts = z.infer<typeof counts>;
export type Trailer = LineOf<'trailer'>;

/** Bytes of a line, far more than the longest one has. */
export const lineBytes = 262_144;
