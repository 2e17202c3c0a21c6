import { render } from 'ink';
import { createElement } from 'react';
import { App } from './app.js';
import { Keyboard } from './keyboard.js';
import type { Key } from './key-parser.js';
import type { Logins } from './logins.js';
import { shortcut } from './panel.js';
import { Screen } from './screen.js';
import { Root } from './views.js';

export type TerminalParts = {
  readonly logins: Logins;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly errorOutput: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** Milliseconds after which a program that was to stop has not been stopped. */
const stopDelay = 200;

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Runs the full-screen client until its user leaves. Returns the exit status. The terminal is as it was afterwards, however
 * it ends. Throws StateError, and what nobody has foreseen.
 */
export async function runTerminal({
  logins,
  input,
  output,
  errorOutput,
  env,
}: TerminalParts): Promise<number> {
  let leave: (status: number) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const left = new Promise<number>((resolve, reject) => {
    leave = resolve;
    fail = reject;
  });
  // A failure may come before anybody waits for it.
  left.catch(() => undefined);

  const screen = new Screen(output, errorOutput);
  const app = new App({ logins, size: () => screen, quit: () => leave(0) });
  const keyboard = new Keyboard(input, {
    onKey: (key: Key) => {
      const name = shortcut(key);
      if (name === 'ctrl+c') leave(0);
      else if (name === 'ctrl+l') screen.repaint();
      else if (name === 'ctrl+z') suspend();
      else app.onKey(key);
    },
    onGone: () => leave(signals.SIGHUP),
  });

  const resized = () => {
    screen.repaint();
    app.redraw();
  };
  let stopping: NodeJS.Timeout | undefined;
  const suspend = () => {
    keyboard.close();
    screen.leave();
    // The shell waits for all that it started: npx too.
    process.kill(0, 'SIGTSTP');
    // Without a shell that could continue it, the kernel does not stop the program, and no SIGCONT comes.
    clearTimeout(stopping);
    stopping = setTimeout(resume, stopDelay);
  };
  const resume = () => {
    clearTimeout(stopping);
    screen.enter();
    keyboard.open();
    resized();
  };

  const handlers = Object.entries(signals).map(([name, status]) => [name, () => leave(status)] as const);
  for (const [name, handler] of handlers) process.on(name, handler);
  process.on('SIGCONT', resume).on('uncaughtException', fail);
  output.on('resize', resized);

  await app.start();
  screen.enter();
  keyboard.open();
  const hasColors = (env.NO_COLOR ?? '') === '';
  const view = createElement(Root, { app, hasColors, placeCursor: (place) => screen.placeCursor(place) });
  // Each frame comes whole, and the screen finds out what has changed in it.
  const options = {
    stdout: screen.frames,
    stdin: input,
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
  };
  const ink = render(view, options);
  ink.waitUntilExit().catch(fail);
  try {
    return await left;
  } finally {
    clearTimeout(stopping);
    process.off('SIGCONT', resume);
    keyboard.close();
    screen.leave();
    ink.unmount();
    output.off('resize', resized);
    process.off('uncaughtException', fail);
    // From here on a signal ends the program at once, whatever it waits for.
    for (const [name, handler] of handlers) process.off(name, handler);
    await app.close();
  }
}
