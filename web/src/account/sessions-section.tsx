import { useCallback, useEffect, useState } from 'react';
import { ClientError } from '../../../src/client/client-error.js';
import type { Session } from '../../../src/client/types.js';
import { useSession } from '../session/session-context.js';
import { announce } from '../ui/announcer.js';
import { Button } from '../ui/button.js';
import { Notice } from '../ui/notice.js';
import { PaneLoading } from '../ui/pane-loading.js';
import { Section } from '../ui/section.js';
import { readingProblem } from '../ui/reading-problem.js';
import { shortDate } from '../ui/times.js';
import styles from './settings-row.module.css';

/** Where the account is logged in. */
export function SessionsSection() {
  const { client } = useSession().session;
  const [sessions, setSessions] = useState<readonly Session[]>();
  const [problem, setProblem] = useState('');
  const [ending, setEnding] = useState('');

  const read = useCallback(async () => {
    try {
      setSessions(await client.listSessions());
      setProblem('');
    } catch (error) {
      setProblem(messageOf(error));
    }
  }, [client]);
  useEffect(() => void read(), [read]);

  const end = async ({ id, deviceName }: Session) => {
    setEnding(id);
    try {
      await client.revokeSession(id);
      setSessions((before) => before?.filter((one) => one.id !== id));
      announce(`The session ${deviceName} has ended`);
    } catch (error) {
      setProblem(messageOf(error));
    }
    setEnding('');
  };

  return (
    <Section title="Sessions" lead="Where you are logged in. End those that you do not know.">
      {problem !== '' && (
        <Notice look="bad">
          {problem} <Button onClick={() => void read()}>Try again</Button>
        </Notice>
      )}
      {!sessions && problem === '' && <PaneLoading />}
      {sessions && (
        <ul className={styles.list}>
          {sessions.map((session) => (
            <li key={session.id} className={styles.row}>
              <div className={styles.text}>
                <p className={styles.name}>{session.deviceName || 'Unnamed'}</p>
                <p className={styles.note}>
                  Since {shortDate(session.createTime)}, until {shortDate(session.expireTime)}
                </p>
              </div>
              {session.current ? (
                <span className={styles.here}>This browser</span>
              ) : (
                <Button
                  busy={ending === session.id}
                  aria-label={`End the session ${session.deviceName}`}
                  onClick={() => void end(session)}
                >
                  End
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function messageOf(error: unknown): string {
  if (error instanceof ClientError) return readingProblem(error);
  throw error;
}
