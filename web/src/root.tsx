import { useSyncExternalStore } from 'react';
import { WelcomePage } from './account/welcome-page.js';
import type { App } from './session/app.js';
import { AppContext, SessionContext } from './session/session-context.js';
import { Announcer } from './ui/announcer.js';
import { BrokenPage } from './broken-page.js';
import { Starting } from './starting.js';
import { Workspace } from './workspace.js';

/** The whole page: somebody is logged in, or not. */
export function Root({ app }: { readonly app: App }) {
  const state = useSyncExternalStore(app.subscribe, app.getSnapshot);
  return (
    <AppContext value={app}>
      {state.kind === 'starting' && <Starting />}
      {state.kind === 'broken' && <BrokenPage message={state.message} />}
      {state.kind === 'welcome' && <WelcomePage notice={state.notice} username={state.username} />}
      {state.kind === 'open' && (
        <SessionContext value={state.open} key={state.open.number}>
          <Workspace />
        </SessionContext>
      )}
      <Announcer />
    </AppContext>
  );
}
