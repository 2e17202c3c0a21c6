import type { ComponentProps } from 'react';
import { classes } from './classes.js';
import styles from './icon-button.module.css';

type IconButtonProps = ComponentProps<'button'> & {
  /** What it does: read out, and shown as a tip. */
  readonly label: string;
};

export function IconButton({ label, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={classes(styles.button, className)}
    />
  );
}
