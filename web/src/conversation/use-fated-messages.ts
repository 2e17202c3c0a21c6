import { useMemo } from 'react';
import type { TimelineSnapshot } from '../../../src/client/timeline.js';
import type { Message } from '../../../src/client/types.js';
import { useDeletions } from '../session/session-context.js';

/** The messages as they look with what is being deleted here. */
export function useFatedMessages({ messages }: TimelineSnapshot): readonly Message[] {
  const { fate } = useDeletions();
  return useMemo(() => {
    const fates = messages.map(({ conversationId, seq }) => fate(conversationId, seq));
    if (fates.every((one) => one === undefined)) return messages;
    return messages
      .map((message, at) => (fates[at] === 'deleted' ? { ...message, deleted: true, text: '' } : message))
      .filter((_, at) => fates[at] !== 'hidden');
  }, [messages, fate]);
}
