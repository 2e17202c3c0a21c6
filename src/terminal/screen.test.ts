import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { eventually } from '../../test/testkit/deadline.js';
import { Screen } from './screen.js';

function start(columns = 20, rows = 3) {
  const output = Object.assign(new PassThrough(), { columns, rows }) as unknown as NodeJS.WriteStream;
  const errors = Object.assign(new PassThrough(), {}) as unknown as NodeJS.WriteStream;
  let written = '';
  output.on('data', (chunk) => (written += String(chunk)));
  const screen = new Screen(output, errors);
  screen.enter();
  const next = async () => {
    await eventually('something is written', () => written.includes('\u001b[?2026l'));
    const frame = written;
    written = '';
    return frame;
  };
  return { screen, output, errors, next };
}

it('writes only the rows that have changed, each at its place', async () => {
  const { screen, next } = start();
  screen.frames.write('one\ntwo\nthree');
  expect(await next()).toContain('\u001b[1;1H\u001b[2Kone');
  screen.frames.write('one\n2\nthree');
  const frame = await next();
  expect(frame).toContain('\u001b[2;1H\u001b[2K2');
  expect(frame).not.toMatch(/one|three/);
  screen.leave();
});

it('draws a flood of frames as the last one', async () => {
  const { screen, next } = start();
  for (let i = 0; i < 1_000; i += 1) screen.frames.write(`frame ${i}.`);
  const frame = await next();
  expect(frame).toContain('frame 999.');
  expect(frame).not.toContain('frame 998.');
  screen.leave();
});

it('never writes below the last row, and draws everything again when asked', async () => {
  const { screen, next } = start(20, 2);
  screen.frames.write('one\ntwo\nthree');
  const first = await next();
  expect(first).not.toContain('three');
  screen.repaint();
  expect(await next()).toContain('one');
  screen.leave();
});

it('keeps standard error for later, and ends with the terminal as it was', () => {
  const { screen, errors } = start();
  errors.write('a warning');
  expect((errors as unknown as PassThrough).readableLength).toBe(0);
  screen.leave();
  errors.write('after');
  expect((errors as unknown as PassThrough).readableLength).toBe('after'.length);
});
