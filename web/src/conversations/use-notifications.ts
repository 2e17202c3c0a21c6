import { useEffect, useRef } from 'react';
import type { ListedConversation } from '../../../src/client/conversation-list.js';
import { useChat, useSession } from '../session/session-context.js';
import { announce } from '../ui/announcer.js';
import { formatRoute } from '../ui/route.js';
import { previewOf } from './preview.js';
import { routeOf, targetOfConversation } from './routes.js';
import { Notifier } from './notifier.js';

/** Tells of new messages: on the desktop while the tab is hidden, and to screen readers. */
export function useNotifications(): void {
  const { saved } = useSession();
  const { conversations, loaded } = useChat();
  const notifier = useRef<Notifier>(undefined);
  useEffect(() => {
    if (!loaded) return;
    notifier.current ??= new Notifier(saved.accountId);
    for (const conversation of notifier.current.news(conversations)) {
      const { title, lastMessage } = conversation;
      const text = previewOf(lastMessage);
      announce(`${title}: ${text}`);
      if (document.visibilityState === 'hidden') notify(conversation, text);
    }
  }, [conversations, loaded, saved]);
}

export function canNotify(): boolean {
  return 'Notification' in window && isSecureContext;
}

function notify(conversation: ListedConversation, body: string): void {
  if (!canNotify() || Notification.permission !== 'granted') return;
  try {
    // One for each conversation; the tag also keeps several tabs from showing it twice.
    const note = new Notification(conversation.title, { body, tag: conversation.id, icon: '/icon.svg' });
    note.onclick = () => {
      window.focus();
      location.hash = formatRoute(routeOf(targetOfConversation(conversation)));
      note.close();
    };
  } catch {
    // Browsers of phones have the constructor and refuse it.
  }
}
