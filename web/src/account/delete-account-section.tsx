import { useState } from 'react';
import type { SubmitEvent } from 'react';
import { ClientError } from '../../../src/client/client-error.js';
import { useApp, useSession } from '../session/session-context.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Notice } from '../ui/notice.js';
import { Section } from '../ui/section.js';
import { TextField } from '../ui/text-field.js';
import styles from './form.module.css';

export function DeleteAccountSection() {
  const [open, setOpen] = useState(false);
  return (
    <Section title="Delete the account" lead="For ever. There is no way back.">
      <div>
        <Button onClick={() => setOpen(true)}>Delete account…</Button>
      </div>
      {open && <DeleteDialog onClose={() => setOpen(false)} />}
    </Section>
  );
}

function DeleteDialog({ onClose }: { readonly onClose: () => void }) {
  const app = useApp();
  const { saved } = useSession();
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem('');
    try {
      await app.deleteAccount(password);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      setProblem(error.message);
      setBusy(false);
    }
  };

  return (
    <Dialog title={`Delete ${saved.username}?`} onClose={onClose}>
      <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
        <ul className={styles.facts}>
          <li>You are logged out everywhere, at once.</li>
          <li>Your list of conversations, and what you deleted for yourself, are gone.</li>
          <li>
            <strong>What you have sent stays</strong> with those you sent it to, as from a deleted account. To
            take messages back, delete them for everyone first.
          </li>
          <li>Anybody can take the name {saved.username}; nobody gets your messages with it.</li>
        </ul>
        <TextField
          label="Your password"
          type="password"
          autoComplete="current-password"
          value={password}
          onValue={setPassword}
        />
        {problem !== '' && <Notice look="bad">{problem}</Notice>}
        <div className={styles.actions}>
          <Button onClick={onClose}>Keep the account</Button>
          <Button type="submit" look="danger" busy={busy} disabled={password === ''}>
            Delete for ever
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
