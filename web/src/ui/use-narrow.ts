import { useSyncExternalStore } from 'react';

/** As in workspace.module.css. */
const narrow = matchMedia('(max-width: 720px)');

/** Whether there is room for one thing at a time only, as on a phone. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => narrow.matches);
}

function subscribe(listener: () => void): () => void {
  narrow.addEventListener('change', listener);
  return () => narrow.removeEventListener('change', listener);
}
