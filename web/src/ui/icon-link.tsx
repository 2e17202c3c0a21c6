import type { ComponentProps } from 'react';
import { classes } from './classes.js';
import styles from './icon-button.module.css';

/** Looks like an IconButton and leads somewhere. */
export function IconLink({ label, className, ...rest }: ComponentProps<'a'> & { readonly label: string }) {
  return <a aria-label={label} title={label} {...rest} className={classes(styles.button, className)} />;
}
