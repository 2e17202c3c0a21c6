import { useSyncExternalStore } from 'react';
import { Observable } from '../../../src/client/observable.js';

/** Milliseconds after which it is no longer there to be found by a reader who looks around. */
const kept = 5_000;
let last = '';
let turn = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
const said = new Observable(() => ({ text: last, turn }));

/** Has screen readers say it, when they have finished what they are saying. */
export function announce(text: string): void {
  last = text;
  turn += 1;
  said.changed();
  clearTimeout(timer);
  timer = setTimeout(() => {
    last = '';
    said.changed();
  }, kept);
}

/** What is announced; rendered once. Two regions take turns, so that the same words are said twice. */
export function Announcer() {
  const { text, turn: now } = useSyncExternalStore(said.subscribe, said.getSnapshot);
  return (
    <>
      <div className="hidden-but-read" role="status">
        {now % 2 === 0 ? text : ''}
      </div>
      <div className="hidden-but-read" role="status">
        {now % 2 === 1 ? text : ''}
      </div>
    </>
  );
}
