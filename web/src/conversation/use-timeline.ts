import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Timeline, TimelineSnapshot } from '../../../src/client/timeline.js';
import type { Target } from '../../../src/client/types.js';
import { useSession } from '../session/session-context.js';

export type OpenTimeline = { readonly timeline: Timeline; readonly snapshot: TimelineSnapshot };

const never = () => () => undefined;
const none = () => undefined;

/** Opens a conversation for as long as the component shows; the target is taken once. */
export function useTimeline(target: Target): OpenTimeline | undefined {
  const { model } = useSession();
  const [first] = useState(target);
  const [timeline, setTimeline] = useState<Timeline>();
  useEffect(() => {
    const opened = model.open(first, { begin: 'unread' });
    setTimeline(opened);
    return () => opened.close();
  }, [model, first]);
  const snapshot = useSyncExternalStore(timeline?.subscribe ?? never, timeline?.getSnapshot ?? none);
  return timeline && snapshot && { timeline, snapshot };
}
