import { useState } from 'react';
import type { TimelineSnapshot } from '../../../src/client/timeline.js';

type Look = {
  /** The reader has begun to look. */
  readonly begun: boolean;
  readonly newAfter: number | undefined;
  readonly sent: number;
};

/**
 * The number after which messages are new: fixed when the reader begins to look (opens the conversation, or
 * comes back to the tab), and gone once the reader has answered. It is there as soon as the messages are, before
 * anything of them counts as read.
 */
export function useNewLine(snapshot: TimelineSnapshot, visible: boolean, sent: number): number | undefined {
  const [look, setLook] = useState<Look>({ begun: false, newAfter: undefined, sent });
  const next = nextLook(look, snapshot, visible, sent);
  if (next !== look) setLook(next);
  return next.newAfter;
}

/** The same object when nothing changes. */
export function nextLook(
  look: Look,
  { conversation, messages }: Pick<TimelineSnapshot, 'conversation' | 'messages'>,
  visible: boolean,
  sent: number,
): Look {
  if (sent !== look.sent) return { ...look, newAfter: undefined, sent };
  if (!visible) return look.begun ? { ...look, begun: false } : look;
  if (look.begun || !conversation || messages.length === 0) return look;
  const newAfter = conversation.unreadCount > 0 ? conversation.readSeq : look.newAfter;
  return { ...look, begun: true, newAfter };
}
