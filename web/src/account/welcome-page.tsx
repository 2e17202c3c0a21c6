import { useEffect, useRef, useState } from 'react';
import type { SubmitEvent } from 'react';
import { ClientError } from '../../../src/client/client-error.js';
import { useApp } from '../session/session-context.js';
import { Button } from '../ui/button.js';
import { Logo } from '../ui/logo.js';
import { Notice } from '../ui/notice.js';
import { TextField } from '../ui/text-field.js';
import { passwordProblem, usernameProblem } from './rules.js';
import styles from './welcome-page.module.css';

type Problems = { readonly username?: string; readonly password?: string; readonly form?: string };

/** Logging in, and signing up. */
export function WelcomePage({
  notice,
  username: first,
}: {
  readonly notice: string;
  readonly username: string;
}) {
  const app = useApp();
  const [mode, setMode] = useState<'log in' | 'sign up'>('log in');
  const [username, setUsername] = useState(first);
  const [password, setPassword] = useState('');
  const [problems, setProblems] = useState<Problems>({});
  const [busy, setBusy] = useState(false);
  const isNew = mode === 'sign up';
  const form = useRef<HTMLFormElement>(null);
  const focus = (field: string) => form.current?.querySelector<HTMLInputElement>(field)?.focus();

  useEffect(() => {
    document.title = 'Holdfast';
  }, []);

  // To what is to be typed again.
  useEffect(() => {
    const { username: wrongName, password: wrongPassword, form: refused } = problems;
    if (wrongName !== undefined) focus('[name=username]');
    else if (wrongPassword !== undefined || refused !== undefined) focus('[name=password]');
  }, [problems]);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const found = isNew ? check(username, password) : missing(username, password);
    setProblems(found);
    if (found.username !== undefined || found.password !== undefined) return;
    setBusy(true);
    try {
      await (isNew ? app.signUp({ username, password }) : app.logIn({ username, password }));
    } catch (error) {
      setProblems(explain(error));
      setBusy(false);
    }
  };

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.head}>
          <Logo size={52} />
          <h1>{isNew ? 'Make your account' : 'Welcome to Holdfast'}</h1>
          <p className={styles.lead}>
            {isNew ? 'A name and a password, and you can talk.' : 'The chat that goes on when machines fail.'}
          </p>
        </div>
        {notice !== '' && <Notice>{notice}</Notice>}
        <form ref={form} onSubmit={(event) => void submit(event)} className={styles.form} noValidate>
          <TextField
            label="Username"
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            autoFocus={username === ''}
            required
            maxLength={64}
            value={username}
            onValue={setUsername}
            problem={problems.username}
            hint={isNew ? 'How others find you: letters, digits, dots, dashes.' : undefined}
          />
          <TextField
            label="Password"
            name="password"
            type="password"
            autoComplete={isNew ? 'new-password' : 'current-password'}
            autoFocus={username !== ''}
            required
            value={password}
            onValue={setPassword}
            problem={problems.password}
            hint={isNew ? 'At least 8 characters. Nobody can reset it for you.' : undefined}
          />
          {problems.form !== undefined && <Notice look="bad">{problems.form}</Notice>}
          <Button type="submit" look="main" busy={busy}>
            {isNew ? 'Sign up' : 'Log in'}
          </Button>
        </form>
        <p className={styles.other}>
          {isNew ? 'You have an account?' : 'New here?'}{' '}
          <button
            type="button"
            className={styles.switch}
            onClick={() => {
              setMode(isNew ? 'log in' : 'sign up');
              setProblems({});
              focus(username === '' ? '[name=username]' : '[name=password]');
            }}
          >
            {isNew ? 'Log in instead' : 'Make an account'}
          </button>
        </p>
      </div>
    </main>
  );
}

function check(username: string, password: string): Problems {
  const forName = usernameProblem(username);
  const forPassword = passwordProblem(password);
  return {
    ...(forName !== undefined && { username: forName }),
    ...(forPassword !== undefined && { password: forPassword }),
  };
}

function missing(username: string, password: string): Problems {
  if (username === '') return { username: 'Type your username.' };
  return password === '' ? { password: 'Type your password.' } : {};
}

function explain(error: unknown): Problems {
  if (!(error instanceof ClientError)) return { form: 'Something failed in this page: reload it.' };
  if (error.reason.startsWith('USERNAME_')) return { username: error.message };
  if (error.reason.startsWith('PASSWORD_') && !error.busy) return { password: error.message };
  return { form: error.message };
}
