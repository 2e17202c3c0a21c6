import { useState } from 'react';
import { LogOutDialog } from '../later.js';
import { useApp, useChat, useSession } from '../session/session-context.js';
import { Avatar } from '../ui/avatar.js';
import { ClusterIcon, KeyboardIcon, LogOutIcon, SettingsIcon } from '../ui/icons.js';
import { MenuButton } from '../ui/menu-button.js';
import { go } from '../ui/route.js';
import { LaterPart } from '../ui/later-part.js';
import styles from './account-menu.module.css';

/** Who is logged in, and what that person can do beside talking. */
export function AccountMenu({ onShortcuts }: { readonly onShortcuts: () => void }) {
  const app = useApp();
  const { saved } = useSession();
  const { waiting } = useChat();
  const [asking, setAsking] = useState(false);
  const entries = () => [
    { label: 'Settings', icon: <SettingsIcon size={18} />, onSelect: () => go({ page: 'settings' }) },
    { label: 'Cluster', icon: <ClusterIcon size={18} />, onSelect: () => go({ page: 'cluster' }) },
    { label: 'Keyboard shortcuts', icon: <KeyboardIcon size={18} />, onSelect: onShortcuts },
    {
      label: 'Log out',
      icon: <LogOutIcon size={18} />,
      onSelect: () => {
        if (waiting > 0) setAsking(true);
        else void app.logOut();
      },
    },
  ];
  return (
    <>
      <MenuButton className={styles.me} label={`Account ${saved.username}`} entries={entries}>
        <Avatar name={saved.username} size="small" />
      </MenuButton>
      {asking && (
        <LaterPart>
          <LogOutDialog onClose={() => setAsking(false)} />
        </LaterPart>
      )}
    </>
  );
}
