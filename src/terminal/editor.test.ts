import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Editor } from './editor.js';

function editor(text: string): Editor {
  const made = new Editor();
  made.set(text);
  return made;
}

it('moves and deletes whole characters', () => {
  const one = editor('a👩‍👩‍👧e\u0301');
  one.deleteBack();
  expect(one.text).toBe('a👩‍👩‍👧');
  one.left();
  one.insert('b');
  expect([one.text, one.cursor]).toEqual(['ab👩‍👩‍👧', 2]);
  one.deleteForward();
  expect(one.text).toBe('ab');
});

it('knows words and lines, and puts back what was cut', () => {
  const one = editor('one two, three\nfour');
  one.deleteWordBack();
  expect(one.text).toBe('one two, three\n');
  one.putBack();
  one.deleteToLineStart();
  one.left();
  one.wordLeft();
  one.deleteToLineEnd();
  expect(one.text).toBe('one two, \n');
  one.deleteToLineEnd();
  expect(one.text).toBe('one two, ');
  one.home();
  one.wordRight();
  one.deleteWordForward();
  expect(one.text).toBe('one, ');
});

it('shows where the cursor is in rows of so many columns', () => {
  expect(editor('').view(10)).toEqual({ rows: [''], row: 0, column: 0 });
  expect(editor('你好').view(10)).toEqual({ rows: ['你好'], row: 0, column: 4 });
  expect(editor('one two three').view(8)).toEqual({ rows: ['one two ', 'three'], row: 1, column: 5 });
  expect(editor('one\n').view(8)).toEqual({ rows: ['one', ''], row: 1, column: 0 });
  expect(editor('abcd').view(4)).toEqual({ rows: ['abcd', ''], row: 1, column: 0 });
  expect(editor('a\tb').view(9)).toEqual({ rows: ['a  b'], row: 0, column: 4 });
});

it('moves between rows, and keeps its column through a shorter one', () => {
  const one = editor('long line\n.\nanother');
  const place = () => [one.view(20).row, one.view(20).column];
  expect(one.down(20)).toBe(false);
  expect([one.up(20), place()]).toEqual([true, [1, 1]]);
  expect([one.up(20), place()]).toEqual([true, [0, 7]]);
  expect(one.up(20)).toBe(false);
  one.down(20);
  expect([one.down(20), place()]).toEqual([true, [2, 7]]);
});

it('keeps a field for one line on one line', () => {
  const field = new Editor({ multiline: false });
  field.insert('one\ntwo\r\nthree');
  expect(field.text).toBe('one two three');
});

it('keeps its cursor in the text and on the screen, whatever is done', () => {
  const actions = [
    (e: Editor) => e.insert('你 a\n'),
    (e: Editor) => e.insert('👩‍👩‍👧'),
    (e: Editor) => e.left(),
    (e: Editor) => e.right(),
    (e: Editor) => e.up(7),
    (e: Editor) => e.down(7),
    (e: Editor) => e.home(),
    (e: Editor) => e.end(),
    (e: Editor) => e.deleteBack(),
    (e: Editor) => e.deleteForward(),
    (e: Editor) => e.wordLeft(),
    (e: Editor) => e.deleteWordBack(),
    (e: Editor) => e.deleteToLineEnd(),
    (e: Editor) => e.putBack(),
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...actions)), (done) => {
      const one = new Editor();
      for (const action of done) action(one);
      const { rows, row, column } = one.view(7);
      expect(one.text.isWellFormed()).toBe(true);
      expect(one.cursor).toBeLessThanOrEqual(one.text.length);
      expect(row).toBeLessThan(rows.length);
      expect(column).toBeLessThan(7);
    }),
  );
});
