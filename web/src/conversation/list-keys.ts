import type { KeyboardEvent } from 'react';

export type ListKeys = {
  readonly Home: () => void;
  readonly End: () => void;
  readonly select: (seq: number) => void;
};

/** Up and down among the messages; Space selects, Enter opens the menu. */
export function onListKey(event: KeyboardEvent<HTMLElement>, keys: ListKeys): void {
  const row = event.target instanceof HTMLElement ? event.target : undefined;
  if (row?.dataset.row !== 'message' || event.ctrlKey || event.metaKey || event.altKey) return;
  const { seq } = row.dataset;
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (step !== undefined) {
    const all = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row="message"]')];
    const next = all[all.indexOf(row) + step];
    if (next) {
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: 'nearest' });
    } else if (step > 0) document.getElementById('compose')?.focus();
    event.preventDefault();
  } else if ((event.key === ' ' || event.key === 'x') && seq !== undefined) {
    event.preventDefault();
    keys.select(Number(seq));
  } else if (event.key === 'Home' || event.key === 'End') {
    event.preventDefault();
    keys[event.key]();
  } else if (event.key === 'Enter' || event.key === 'Delete') {
    event.preventDefault();
    row.querySelector<HTMLElement>('[aria-haspopup="menu"]')?.click();
  }
}
