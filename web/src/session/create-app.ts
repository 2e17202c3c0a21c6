import { ChatClient } from '../../../src/client/chat-client.js';
import { App } from './app.js';
import { DatabaseOutbox } from './database-outbox.js';
import { openDatabase } from './database.js';
import { deviceName } from './device-name.js';
import { PageOutbox } from './page-outbox.js';
import { localStore } from './page-storage.js';
import { DatabaseSessionStore, PageSessionStore } from './session-store.js';
import { createTransport } from './transport.js';
import { UnnamedNodes, policyLoaded, policyNow } from './unnamed-nodes.js';

/** The page's parts as a browser has them. Where the browser keeps nothing, all lasts as long as the page. */
export function createApp(): App {
  const database = openDatabase().catch(() => undefined);
  const nodes = new UnnamedNodes({ origin: location.origin, loaded: policyLoaded(), now: policyNow });
  const outboxes = new Map<string, PageOutbox>();
  const app = new App({
    createClient: (servers, onServers) => {
      void nodes.check(servers);
      return ChatClient.create({
        servers,
        createTransport,
        addresses: 'web',
        onServers: (all) => {
          onServers(all);
          void nodes.check(all);
        },
      });
    },
    nodes,
    origin: location.origin,
    store: database.then((kept) => (kept ? new DatabaseSessionStore(kept) : new PageSessionStore())),
    outbox: async (accountId, onChange) => {
      const kept = await database;
      // What is in memory alone outlives a logging out.
      const outbox =
        outboxes.get(accountId) ?? new PageOutbox(kept && new DatabaseOutbox(kept, accountId, onChange));
      outboxes.set(accountId, outbox);
      return outbox;
    },
    tabs: new BroadcastChannel('holdfast'),
    localStore,
    deviceName: deviceName(navigator.userAgent),
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void app.refresh();
  });
  addEventListener('pagehide', () => {
    const state = app.getSnapshot();
    if (state.kind === 'open') void state.open.deletions.flush();
  });
  return app;
}
