import { createContext, useContext, useSyncExternalStore } from 'react';
import type { ChatSnapshot } from '../../../src/client/chat-model.js';
import type { App, OpenSession } from './app.js';
import type { DeletionsSnapshot } from './deletions.js';
import type { Keeping } from './page-outbox.js';

export const AppContext = createContext<App | undefined>(undefined);
export const SessionContext = createContext<OpenSession | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('outside of the app');
  return app;
}

/** For what is only shown to somebody who is logged in. */
export function useSession(): OpenSession {
  const open = useContext(SessionContext);
  if (!open) throw new Error('nobody is logged in');
  return open;
}

export function useChat(): ChatSnapshot {
  const { model } = useSession();
  return useSyncExternalStore(model.subscribe, model.getSnapshot);
}

export function useKeeping(): Keeping {
  const { storage } = useSession();
  return useSyncExternalStore(storage.subscribe, storage.getSnapshot);
}

export function useDeletions(): DeletionsSnapshot {
  const { deletions } = useSession();
  return useSyncExternalStore(deletions.subscribe, deletions.getSnapshot);
}
