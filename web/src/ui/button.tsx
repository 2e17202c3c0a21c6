import type { ComponentProps } from 'react';
import { classes } from './classes.js';
import styles from './button.module.css';

type ButtonProps = ComponentProps<'button'> & {
  /** Default: quiet. */
  readonly look?: 'main' | 'quiet' | 'danger';
  /** Works on it: can't be pressed, and says so. */
  readonly busy?: boolean;
};

export function Button({
  look = 'quiet',
  busy = false,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy}
      className={classes(styles.button, styles[look], className)}
    >
      {busy && <span className={styles.spinner} aria-hidden="true" />}
      {children}
    </button>
  );
}
