import { useState } from 'react';
import { useApp, useChat, useSession } from '../session/session-context.js';
import { Avatar } from '../ui/avatar.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { ClusterIcon, KeyboardIcon, LogOutIcon, SettingsIcon } from '../ui/icons.js';
import { Menu } from '../ui/menu.js';
import { go } from '../ui/route.js';
import styles from './account-menu.module.css';

/** Who is logged in, and what that person can do beside talking. */
export function AccountMenu({ onShortcuts }: { readonly onShortcuts: () => void }) {
  const app = useApp();
  const { saved } = useSession();
  const { waiting } = useChat();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const logOut = () => {
    setBusy(true);
    void app.logOut();
  };
  return (
    <>
      <Menu
        trigger={
          <button type="button" className={styles.me} aria-label={`Account ${saved.username}`}>
            <Avatar name={saved.username} size="small" />
          </button>
        }
        entries={[
          { label: 'Settings', icon: <SettingsIcon size={18} />, onSelect: () => go({ page: 'settings' }) },
          { label: 'Cluster', icon: <ClusterIcon size={18} />, onSelect: () => go({ page: 'cluster' }) },
          { label: 'Keyboard shortcuts', icon: <KeyboardIcon size={18} />, onSelect: onShortcuts },
          {
            label: 'Log out',
            icon: <LogOutIcon size={18} />,
            onSelect: () => (waiting > 0 ? setAsking(true) : logOut()),
          },
        ]}
      />
      {asking && (
        <Dialog
          title="Log out now?"
          description={`${waiting === 1 ? 'A message waits' : `${waiting} messages wait`} to be sent. They stay in this browser and go out the next time you log in here.`}
          onClose={() => setAsking(false)}
        >
          <div className={styles.choice}>
            <Button onClick={() => setAsking(false)}>Stay</Button>
            <Button look="main" busy={busy} onClick={logOut}>
              Log out
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
