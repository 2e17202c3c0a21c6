import { z } from 'zod';

export const backupFormat = 'holdfast-backup';
export const backupVersion = 1;

const count = z.int().min(0);

/** The first line. */
export const backupHeader = z.strictObject({
  format: z.literal(backupFormat),
  version: z.literal(backupVersion),
  /** Of the data (src/chat/schema.ts). */
  schema: z.int().min(1),
  /** Of the program that wrote the file; only for people. */
  program: z.string(),
  /** When the moment was that the file shows, by the clock of the machine that wrote it. */
  backup_time: z.iso.datetime(),
  /** Of the store that was copied. */
  revision: count,
});

const counts = z.strictObject({
  accounts: count,
  conversations: count,
  messages: count,
  sessions: count,
});

/** The last line. */
export const backupTrailer = z.strictObject({
  /** Lines before this one. */
  lines: count,
  counts,
  /** Of all bytes before this line. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** All others: a key and its value, in base64. */
export const backupEntry = z.tuple([z.base64(), z.base64()]);

export type BackupHeader = z.infer<typeof backupHeader>;
export type BackupTrailer = z.infer<typeof backupTrailer>;
export type BackupCounts = z.infer<typeof counts>;

/** Bytes of a line, more than the longest one has: a key and a value at the store's limits. */
export const backupLineBytes = 131_072;
