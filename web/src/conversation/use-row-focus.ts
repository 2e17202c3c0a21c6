import { useLayoutEffect, useRef } from 'react';
import type { FocusEvent, RefObject } from 'react';
import { focusIfLost } from './focus.js';

type Focused = {
  readonly row: Element;
  /** Among the messages. */
  readonly at: number;
  /** As keys do it, not a pointer. */
  readonly visibly: boolean;
};

/**
 * When a message goes that had the focus, or whose menu had it, the next one takes its place; after a pointer, the field
 * where one writes. Returns what the list is to be told of.
 */
export function useRowFocus(
  content: RefObject<HTMLElement | null>,
): (event: FocusEvent<HTMLElement>) => void {
  const focused = useRef<Focused>(undefined);
  useLayoutEffect(() => {
    const { current } = focused;
    if (!current || current.row.isConnected) return;
    focused.current = undefined;
    if (document.activeElement !== document.body) return;
    const all = messagesIn(content.current);
    const next = current.visibly ? (all[current.at] ?? all.at(-1)) : undefined;
    if (next) next.focus({ preventScroll: true });
    else focusIfLost();
  });
  return ({ target }) => {
    const row = target.closest('[data-row="message"]');
    // A menu stands elsewhere on the page; the message that it belongs to stays the one.
    if (!row) return;
    const at = messagesIn(content.current).findIndex((one) => one === row);
    focused.current = { row, at, visibly: target.matches(':focus-visible') };
  };
}

function messagesIn(list: HTMLElement | null): readonly HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>('[data-row="message"]') ?? [])];
}
