import { systemClock } from '../../src/client/clock.js';
import { Later } from './ui/later.js';
import { laterMenu } from './ui/menu-button.js';

// What the first page does not need. It is fetched as soon as the browser has nothing else to do, so that all
// of it is here when the node that the page came from dies.

const settings = new Later(async () => (await import('./account/settings-page.js')).SettingsPage);
const cluster = new Later(async () => (await import('./cluster/cluster-page.js')).ClusterPage);
const shortcuts = new Later(async () => (await import('./shortcuts/shortcuts-dialog.js')).ShortcutsDialog);
const logOut = new Later(async () => (await import('./conversations/log-out-dialog.js')).LogOutDialog);
const emoji = new Later(async () => (await import('./conversation/emoji-menu.js')).EmojiMenu);

export const SettingsPage = settings.Component;
export const ClusterPage = cluster.Component;
export const ShortcutsDialog = shortcuts.Component;
export const LogOutDialog = logOut.Component;
export const EmojiMenu = emoji.Component;

export function prefetch(): void {
  const fetchAll = () => {
    for (const part of [settings, cluster, shortcuts, logOut, emoji, laterMenu])
      void part.prefetch(systemClock);
  };
  if (typeof requestIdleCallback === 'function') requestIdleCallback(fetchAll, { timeout: 2_000 });
  else setTimeout(fetchAll, 500);
}
