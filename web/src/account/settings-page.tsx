import { useState } from 'react';
import { useSession } from '../session/session-context.js';
import { PaneHead } from '../ui/pane-head.js';
import { DeleteAccountSection } from './delete-account-section.js';
import { NotificationsSection } from './notifications-section.js';
import { PasswordSection } from './password-section.js';
import { SessionsSection } from './sessions-section.js';
import styles from './settings-page.module.css';

/** What a person can set about the account and this browser. */
export function SettingsPage() {
  const { saved } = useSession();
  const [passwords, setPasswords] = useState(0);
  return (
    <div className={styles.page}>
      <PaneHead title="Settings" note={`Logged in as ${saved.username}`} />
      <div className={styles.scroller} tabIndex={-1}>
        <div className={styles.sections}>
          <NotificationsSection />
          {/* A new password ends sessions. */}
          <SessionsSection key={passwords} />
          <PasswordSection onChanged={() => setPasswords((count) => count + 1)} />
          <DeleteAccountSection />
        </div>
      </div>
    </div>
  );
}
