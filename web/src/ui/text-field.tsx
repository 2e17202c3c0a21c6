import { useId, useState } from 'react';
import type { ComponentProps } from 'react';
import { EyeIcon } from './icons.js';
import { IconButton } from './icon-button.js';
import styles from './text-field.module.css';

type TextFieldProps = Omit<ComponentProps<'input'>, 'onChange' | 'value'> & {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  /** Below the field. */
  readonly hint?: string | undefined;
  /** What is wrong with it. */
  readonly problem?: string | undefined;
};

export function TextField({ label, value, onValue, hint, problem, type, ...rest }: TextFieldProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const secret = type === 'password';
  const note = problem ?? hint;
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <div className={styles.box}>
        <input
          {...rest}
          id={id}
          type={secret && shown ? 'text' : type}
          value={value}
          onChange={(event) => onValue(event.target.value)}
          aria-invalid={problem !== undefined}
          aria-describedby={note === undefined ? undefined : `${id}-note`}
          className={styles.input}
        />
        {secret && (
          <IconButton
            label={shown ? `Hide ${label.toLowerCase()}` : `Show ${label.toLowerCase()}`}
            aria-pressed={shown}
            onClick={() => setShown(!shown)}
            className={styles.eye}
          >
            <EyeIcon size={18} />
          </IconButton>
        )}
      </div>
      {note !== undefined && (
        <p id={`${id}-note`} className={problem === undefined ? styles.hint : styles.problem}>
          {note}
        </p>
      )}
    </div>
  );
}
