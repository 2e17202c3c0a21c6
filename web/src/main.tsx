// Styles of the whole page come first, so that those of a component win.
import './ui/tokens.css';
import './ui/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { prefetch } from './later.js';
import { PartMissing } from './ui/later.js';
import { LaterPart, NotLoaded } from './ui/later-part.js';
import { Root } from './root.js';
import { keepPage } from './session/keep-page.js';
import { createApp } from './session/create-app.js';

const place = document.getElementById('root');
if (!place) throw new Error('index.html has no element with the id "root"');
const app = createApp();
// What could not be fetched is said on the page.
const onCaughtError = (error: unknown) => {
  if (!(error instanceof PartMissing)) reportError(error);
};
createRoot(place, { onCaughtError }).render(
  <StrictMode>
    <LaterPart failed={(retry) => <NotLoaded retry={retry} />}>
      <Root app={app} />
    </LaterPart>
  </StrictMode>,
);
void app.start();
void keepPage();
prefetch();
