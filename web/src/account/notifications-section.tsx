import { useState } from 'react';
import { canNotify } from '../conversations/use-notifications.js';
import { Button } from '../ui/button.js';
import { Section } from '../ui/section.js';
import styles from './settings-row.module.css';

const states = {
  granted: 'On. You are told of new messages while this tab is hidden.',
  denied: 'Off: this browser blocks them. Its settings for this site change that.',
  default: 'Off in this browser.',
  never: 'This browser has none, or wants the page over HTTPS for them.',
};

export function NotificationsSection() {
  const [state, setState] = useState<keyof typeof states>(() =>
    canNotify() ? Notification.permission : 'never',
  );
  return (
    <Section title="Notifications">
      <div className={styles.row}>
        <p className={styles.text}>{states[state]}</p>
        {state === 'default' && (
          <Button onClick={() => void Notification.requestPermission().then(setState)}>Turn on</Button>
        )}
      </div>
    </Section>
  );
}
