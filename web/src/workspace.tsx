import { useMemo, useState } from 'react';
import { ConversationPane } from './conversation/conversation-pane.js';
import { DeletionToasts } from './conversation/deletion-toasts.js';
import { EmptyPane } from './conversations/empty-pane.js';
import { Sidebar } from './conversations/sidebar.js';
import { neighbour, routeOf, targetOf } from './conversations/routes.js';
import { usePageTitle } from './conversations/use-page-title.js';
import { useNotifications } from './conversations/use-notifications.js';
import { ClusterPage, SettingsPage, ShortcutsDialog } from './later.js';
import { useChat, useSession } from './session/session-context.js';
import { useLeaveWarning } from './session/use-leave-warning.js';
import { classes } from './ui/classes.js';
import { go, useRoute } from './ui/route.js';
import { LaterPart, NotLoaded } from './ui/later-part.js';
import { PaneLoading } from './ui/pane-loading.js';
import { useHotkeys } from './ui/use-hotkeys.js';
import styles from './workspace.module.css';

/** What somebody who is logged in sees: the conversations, and beside them one of them or a page. */
export function Workspace() {
  const route = useRoute();
  const chat = useChat();
  const { deletions } = useSession();
  const [shortcuts, setShortcuts] = useState(false);
  usePageTitle();
  useNotifications();
  useLeaveWarning();

  const { conversations } = chat;
  const hotkeys = useMemo(
    () => ({
      '?': () => setShortcuts(true),
      'mod+k': find,
      'alt+ArrowUp': () => go(neighbour(conversations, route, -1)),
      'alt+ArrowDown': () => go(neighbour(conversations, route, 1)),
      'mod+z': () => deletions.undoLast(),
      c: () => document.getElementById('compose')?.focus(),
    }),
    [conversations, route, deletions],
  );
  useHotkeys(hotkeys);

  const target = targetOf(route, conversations);
  return (
    <main className={classes(styles.workspace, route.page !== 'home' && styles.inside)}>
      <Sidebar onShortcuts={() => setShortcuts(true)} />
      <section className={styles.pane} aria-label={labelOf(route.page)}>
        <LaterPart key={route.page} waiting={<PaneLoading />} failed={(retry) => <NotLoaded retry={retry} />}>
          {route.page === 'home' && <EmptyPane />}
          {target && <ConversationPane key={JSON.stringify(routeOf(target))} target={target} />}
          {route.page === 'settings' && <SettingsPage />}
          {route.page === 'cluster' && <ClusterPage />}
        </LaterPart>
      </section>
      <DeletionToasts />
      {shortcuts && (
        <LaterPart>
          <ShortcutsDialog onClose={() => setShortcuts(false)} />
        </LaterPart>
      )}
    </main>
  );
}

/** Where the list makes room for a conversation, it comes back first. */
function find(): void {
  const field = document.getElementById('find');
  if (field?.checkVisibility() === false) {
    addEventListener('hashchange', () => requestAnimationFrame(() => field.focus()), { once: true });
    go({ page: 'home' });
  } else field?.focus();
}

function labelOf(page: string): string {
  if (page === 'settings') return 'Settings';
  if (page === 'cluster') return 'Cluster';
  return 'Conversation';
}
