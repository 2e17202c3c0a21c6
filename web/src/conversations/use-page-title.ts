import { useEffect } from 'react';
import { useChat } from '../session/session-context.js';

/** Unread messages of all conversations in the tab's title, and a mark on its icon. */
export function usePageTitle(): void {
  const { conversations } = useChat();
  const unread = conversations.reduce((sum, { unreadCount }) => sum + unreadCount, 0);
  useEffect(() => {
    document.title = unread === 0 ? 'Holdfast' : `(${unread > 999 ? '999+' : unread}) Holdfast`;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (icon) icon.href = unread === 0 ? '/icon.svg' : '/icon-unread.svg';
  }, [unread]);
}
