import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeyParser } from './key-parser.js';
import type { Key } from './key-parser.js';
import { clustersOf } from './text.js';

function parse(...chunks: readonly string[]): string[] {
  const parser = new KeyParser();
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.flush()].map(tell);
}

function tell(key: Key): string {
  if (key.type !== 'key') return `${key.type}:${key.text}`;
  const { ctrl, alt, shift, name } = key;
  return [ctrl && 'ctrl', alt && 'alt', shift && 'shift', name].filter(Boolean).join('+');
}

it('tells several keys in one piece apart, and puts one in several pieces together', () => {
  expect(parse('hello\rworld\u007f')).toEqual(['text:hello', 'enter', 'text:world', 'backspace']);
  expect(parse('\u001b', '[', 'A')).toEqual(['up']);
  expect(parse('\u001b[1;', '5C')).toEqual(['ctrl+right']);
});

it('knows the keys of different terminals', () => {
  const all = '\u001bOP\u001b[11~\u001b[5~\u001b[6~\u001bOH\u001b[1~\u001b[F\u001b[3~\u001b[Z\t\n\u0003';
  expect(parse(all)).toEqual([
    ...[
      'f1',
      'f1',
      'pageup',
      'pagedown',
      'home',
      'home',
      'end',
      'delete',
      'shift+tab',
      'tab',
      'ctrl+j',
      'ctrl+c',
    ],
  ]);
  expect(parse('\u001b\r', '\u001b[13;2u', '\u001b[27;2;13~')).toEqual([
    'alt+enter',
    'shift+enter',
    'shift+enter',
  ]);
  expect(parse('\u001bb\u001bF\u001b\u007f')).toEqual(['alt+b', 'alt+shift+f', 'alt+backspace']);
});

it('takes a lone Escape for the key', () => {
  expect(parse('\u001b')).toEqual(['escape']);
  expect(parse('\u001b\u001b')).toEqual(['escape', 'escape']);
  expect(parse('\u001b\u001b[A')).toEqual(['escape', 'up']);
});

it('takes a paste as text, whatever is in it and however it is cut', () => {
  const text = 'one\r\ntwo\rthree \u001b[A\u0003\u001b[20';
  const sent = `a\u001b[200~${text}\u001b[201~\r`;
  const expected = ['text:a', 'paste:one\ntwo\nthree \u001b[A\u0003\u001b[20', 'enter'];
  expect(parse(sent)).toEqual(expected);
  for (let at = 4; at < sent.length; at += 1) {
    expect(parse(sent.slice(0, at), sent.slice(at))).toEqual(expected);
  }
});

it('leaves out what is no key', () => {
  expect(parse('\u001b[I\u001b[<0;1;1M\u001b[?1;2c\u009ba')).toEqual(['text:a']);
});

it('ends with any input', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom(...clustersOf('\u001b[O;0123u~ARz\r\u0000é👍')) })),
      (chunks) => {
        const parser = new KeyParser();
        for (const chunk of chunks) parser.push(chunk);
        parser.flush();
        return true;
      },
    ),
  );
});
