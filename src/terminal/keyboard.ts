import { StringDecoder } from 'node:string_decoder';
import { KeyParser } from './key-parser.js';
import type { Key } from './key-parser.js';

/** Milliseconds after which a lone Escape is the key: what belongs together comes closer, also over a slow line. */
const escapeDelay = 60;

export type KeyboardEvents = {
  readonly onKey: (key: Key) => void;
  /** The terminal is gone. */
  readonly onGone: () => void;
};

/** The keys of a terminal in raw mode. */
export class Keyboard {
  private parser = new KeyParser();
  private decoder = new StringDecoder('utf8');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly input: NodeJS.ReadStream,
    private readonly events: KeyboardEvents,
  ) {
    // Also while it is closed: an error that nobody hears ends the program.
    input.on('error', events.onGone);
  }

  /** Takes the terminal over, also when something has changed its mode meanwhile. Idempotent. */
  open(): void {
    // A second listener would double each key, and Node.js sets a mode only when it believes in another one.
    this.close();
    this.input.setRawMode(true);
    this.input.on('data', this.receive).on('end', this.events.onGone);
    this.input.resume();
  }

  /** Gives the terminal back. Idempotent. */
  close(): void {
    clearTimeout(this.timer);
    this.input.off('data', this.receive).off('end', this.events.onGone);
    try {
      this.input.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
    this.input.pause();
  }

  private readonly receive = (chunk: Buffer): void => {
    clearTimeout(this.timer);
    for (const key of this.parser.push(this.decoder.write(chunk))) this.events.onKey(key);
    if (!this.parser.pending) return;
    this.timer = setTimeout(() => {
      for (const key of this.parser.flush()) this.events.onKey(key);
    }, escapeDelay);
  };
}
