import { DropdownMenu } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { classes } from './classes.js';
import styles from './menu.module.css';

export type MenuEntry = {
  readonly label: string;
  readonly icon?: ReactNode;
  readonly danger?: boolean;
  readonly onSelect: () => void;
};

/**
 * A button with a menu. Not modal: a modal one locks scrolling with a style element, which the page's policy
 * forbids.
 */
export function Menu({
  trigger,
  entries,
  align = 'end',
  defaultOpen = false,
}: {
  readonly trigger: ReactElement;
  readonly entries: readonly MenuEntry[];
  readonly align?: 'start' | 'end';
  /** Open as soon as it is rendered. */
  readonly defaultOpen?: boolean;
}) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen={defaultOpen}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal container={document.querySelector('main')}>
        <DropdownMenu.Content className={styles.menu} align={align} sideOffset={6} collisionPadding={12}>
          {entries.map(({ label, icon, danger = false, onSelect }) => (
            <DropdownMenu.Item
              key={label}
              className={classes(styles.entry, danger && styles.danger)}
              onSelect={onSelect}
            >
              {icon}
              {label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
