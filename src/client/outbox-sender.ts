import type { Message, Target } from './types.js';

/** What the outbox needs of the servers; both throw ClientError. */
export interface OutboxSender {
  /** Stores the message, or finds it stored. */
  send(
    request: {
      readonly target: Target;
      readonly text: string;
      readonly clientMessageId: string;
      readonly knownSeq: number;
    },
    signal: AbortSignal,
  ): Promise<Message>;
  /** The conversation and its last number, as far as the caller sees it; undefined when there is nothing. */
  find(
    target: Target,
    signal: AbortSignal,
  ): Promise<{ readonly conversationId: string; readonly seq: number } | undefined>;
}
