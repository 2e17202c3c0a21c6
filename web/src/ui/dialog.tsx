import { Dialog as Primitive } from 'radix-ui';
import type { ReactNode } from 'react';
import { IconButton } from './icon-button.js';
import { CloseIcon } from './icons.js';
import styles from './dialog.module.css';

type DialogProps = {
  readonly title: string;
  /** A sentence for screen readers and eyes; optional. */
  readonly description?: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
};

/**
 * A dialog that is open while it is rendered. The primitive's own overlay locks scrolling with a style element,
 * which the page's policy forbids; behind this one nothing scrolls anyway.
 */
export function Dialog({ title, description, onClose, children }: DialogProps) {
  return (
    <Primitive.Root open onOpenChange={(open) => !open && onClose()}>
      <Primitive.Portal>
        <div className={styles.scrim} aria-hidden="true" />
        <div className={styles.place}>
          <Primitive.Content
            className={styles.dialog}
            {...(description === undefined && { 'aria-describedby': undefined })}
          >
            <div className={styles.head}>
              <Primitive.Title className={styles.title}>{title}</Primitive.Title>
              <Primitive.Close asChild>
                <IconButton label="Close">
                  <CloseIcon />
                </IconButton>
              </Primitive.Close>
            </div>
            {description !== undefined && (
              <Primitive.Description className={styles.description}>{description}</Primitive.Description>
            )}
            {children}
          </Primitive.Content>
        </div>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
