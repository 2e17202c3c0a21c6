import { lazy } from 'react';
import { prefetchMenu } from './ui/menu-button.js';

// What the first page does not need. It is fetched as soon as the browser has nothing else to do, so that all
// of it is here when the node that the page came from dies.

const settings = () => import('./account/settings-page.js');
const cluster = () => import('./cluster/cluster-page.js');
const shortcuts = () => import('./shortcuts/shortcuts-dialog.js');
const logOut = () => import('./conversations/log-out-dialog.js');
const emoji = () => import('./conversation/emoji-menu.js');

export const SettingsPage = lazy(async () => ({ default: (await settings()).SettingsPage }));
export const ClusterPage = lazy(async () => ({ default: (await cluster()).ClusterPage }));
export const ShortcutsDialog = lazy(async () => ({ default: (await shortcuts()).ShortcutsDialog }));
export const LogOutDialog = lazy(async () => ({ default: (await logOut()).LogOutDialog }));
export const EmojiMenu = lazy(async () => ({ default: (await emoji()).EmojiMenu }));

/** Returns what takes it back, as far as it has not begun. */
export function prefetch(): () => void {
  const fetchAll = () => {
    for (const load of [settings, cluster, shortcuts, logOut, emoji, prefetchMenu])
      load().catch(() => undefined);
  };
  if (typeof requestIdleCallback === 'function') {
    const handle = requestIdleCallback(fetchAll, { timeout: 2_000 });
    return () => cancelIdleCallback(handle);
  }
  const timer = setTimeout(fetchAll, 500);
  return () => clearTimeout(timer);
}
