import { useState } from 'react';
import { localStore } from '../session/page-storage.js';
import { useChat } from '../session/session-context.js';
import { BellIcon, CloseIcon } from '../ui/icons.js';
import { IconButton } from '../ui/icon-button.js';
import styles from './notification-offer.module.css';
import { canNotify } from './use-notifications.js';

const answeredKey = 'holdfast/notifications-offered';

/** Offers notifications, once, to somebody who has conversations; browsers ask only after a click. */
export function NotificationOffer() {
  const { conversations } = useChat();
  const [gone, setGone] = useState(() => localStore.getItem(answeredKey) !== null);
  if (gone || conversations.length === 0 || !canNotify() || Notification.permission !== 'default')
    return null;
  const answer = () => {
    localStore.setItem(answeredKey, '');
    setGone(true);
  };
  return (
    <div className={styles.offer}>
      <button
        type="button"
        className={styles.accept}
        onClick={() => void Notification.requestPermission().finally(answer)}
      >
        <BellIcon size={18} />
        Notify me of new messages
      </button>
      <IconButton label="No notifications" onClick={answer}>
        <CloseIcon size={16} />
      </IconButton>
    </div>
  );
}
