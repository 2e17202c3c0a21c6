import { useLayoutEffect, useRef, useState } from 'react';
import type { TimelineSnapshot } from '../../../src/client/timeline.js';

/**
 * The number after which messages are new: fixed when the reader begins to look (opens the conversation, or
 * comes back to the tab), and gone once the reader has answered.
 */
export function useNewLine(snapshot: TimelineSnapshot, visible: boolean, sent: number): number | undefined {
  const [newAfter, setNewAfter] = useState<number>();
  const looking = useRef(false);
  const { conversation, messages } = snapshot;
  const ready = conversation !== undefined && messages.length > 0;
  useLayoutEffect(() => {
    if (!visible) looking.current = false;
    if (!visible || !ready || looking.current) return;
    looking.current = true;
    if (conversation.unreadCount > 0) setNewAfter(conversation.readSeq);
  }, [visible, ready, conversation]);
  useLayoutEffect(() => {
    if (sent > 0) setNewAfter(undefined);
  }, [sent]);
  return newAfter;
}
