import { useState } from 'react';
import { useApp, useChat, useKeeping } from '../session/session-context.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import styles from './log-out-dialog.module.css';

const inBrowser = 'They stay in this browser and go out the next time you log in here.';
const inTab = 'This browser can not keep them: they go out if you log in again before you close this tab.';

/** Asked when messages wait to be sent. */
export function LogOutDialog({ onClose }: { readonly onClose: () => void }) {
  const app = useApp();
  const { waiting } = useChat();
  const { forgettable } = useKeeping();
  const [busy, setBusy] = useState(false);
  const what = waiting === 1 ? 'A message waits' : `${waiting} messages wait`;
  return (
    <Dialog
      title="Log out now?"
      description={`${what} to be sent. ${forgettable.size > 0 ? inTab : inBrowser}`}
      onClose={onClose}
    >
      <div className={styles.choice}>
        <Button onClick={onClose}>Stay</Button>
        <Button
          look="main"
          busy={busy}
          onClick={() => {
            setBusy(true);
            void app.logOut();
          }}
        >
          Log out
        </Button>
      </div>
    </Dialog>
  );
}
