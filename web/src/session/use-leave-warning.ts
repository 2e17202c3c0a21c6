import { useEffect } from 'react';
import { useKeeping } from './session-context.js';

/** Has the browser ask before it forgets messages that wait in this tab alone. */
export function useLeaveWarning(): void {
  const { forgettable } = useKeeping();
  const loses = forgettable.size > 0;
  useEffect(() => {
    if (!loses) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [loses]);
}
