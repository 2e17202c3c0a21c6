import { useEffect } from 'react';
import { localStore } from '../session/page-storage.js';

/** Like `mod+k`, `alt+ArrowUp`, `?`; `mod` is ⌘ on a Mac and Ctrl elsewhere. */
export type Hotkeys = Readonly<Record<string, () => void>>;

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
/** How this keyboard names `mod`. */
export const modName = isMac ? '⌘' : 'Ctrl';
const offKey = 'holdfast/single-keys-off';

/** People who dictate, or whose hands slip, can switch keys without Ctrl or Alt off (WCAG 2.1.4). */
export function singleKeysOff(): boolean {
  return localStore.getItem(offKey) !== null;
}

export function setSingleKeysOff(off: boolean): void {
  if (off) localStore.setItem(offKey, '');
  else localStore.removeItem(offKey);
}

/** While the component shows. Keys without a modifier only count outside of text fields, dialogs and menus. */
export function useHotkeys(hotkeys: Hotkeys): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const name = nameOf(event);
      const action = hotkeys[name];
      if (!action) return;
      // Undoing in a text is the text's.
      if (name === 'mod+z' && isTyping(event.target)) return;
      const bare = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (bare && event.key !== 'Escape' && (isTyping(event.target) || singleKeysOff())) return;
      if (document.querySelector('[role="dialog"], [role="menu"]')) return;
      event.preventDefault();
      action();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [hotkeys]);
}

function nameOf({ key, altKey, ctrlKey, metaKey }: KeyboardEvent): string {
  const mod = isMac ? metaKey : ctrlKey;
  return `${mod ? 'mod+' : ''}${altKey ? 'alt+' : ''}${key.length === 1 ? key.toLowerCase() : key}`;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}
