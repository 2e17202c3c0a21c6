import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { ClientError } from '../../../src/client/client-error.js';
import { useSession } from '../session/session-context.js';
import { Button } from '../ui/button.js';
import { Notice } from '../ui/notice.js';
import { Section } from '../ui/section.js';
import { TextField } from '../ui/text-field.js';
import styles from './form.module.css';
import { passwordProblem } from './rules.js';

type Outcome = { readonly look: 'good' | 'bad'; readonly text: string };

export function PasswordSection({ onChanged }: { readonly onChanged: () => void }) {
  const { session, saved } = useSession();
  const [oldPassword, setOld] = useState('');
  const [newPassword, setNew] = useState('');
  const [problem, setProblem] = useState<string>();
  const [outcome, setOutcome] = useState<Outcome>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const found = passwordProblem(newPassword);
    setProblem(found);
    setOutcome(undefined);
    if (found !== undefined) return;
    setBusy(true);
    try {
      await session.client.changePassword({ oldPassword, newPassword });
      setOld('');
      setNew('');
      onChanged();
      setOutcome({ look: 'good', text: 'Changed. Every other session has ended.' });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      setOutcome({ look: 'bad', text: error.message });
    } finally {
      setBusy(false);
    }
  };

  return (
    <Section title="Password" lead="Changing it logs you out everywhere but here.">
      <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
        <input type="text" name="username" autoComplete="username" value={saved.username} readOnly hidden />
        <TextField
          label="Current password"
          type="password"
          autoComplete="current-password"
          value={oldPassword}
          onValue={setOld}
        />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          value={newPassword}
          onValue={setNew}
          problem={problem}
          hint="At least 8 characters."
        />
        {outcome && <Notice look={outcome.look}>{outcome.text}</Notice>}
        <div>
          <Button type="submit" look="main" busy={busy} disabled={oldPassword === '' || newPassword === ''}>
            Change password
          </Button>
        </div>
      </form>
    </Section>
  );
}
