import type { Editor } from './editor.js';
import type { Key } from './key-parser.js';
import { shortcut } from './panel.js';

const actions: Readonly<Record<string, (editor: Editor) => void>> = {
  backspace: (editor) => editor.deleteBack(),
  'shift+backspace': (editor) => editor.deleteBack(),
  delete: (editor) => editor.deleteForward(),
  'ctrl+d': (editor) => editor.deleteForward(),
  'alt+backspace': (editor) => editor.deleteWordBack(),
  'ctrl+w': (editor) => editor.deleteWordBack(),
  'alt+d': (editor) => editor.deleteWordForward(),
  'ctrl+u': (editor) => editor.deleteToLineStart(),
  'ctrl+k': (editor) => editor.deleteToLineEnd(),
  'ctrl+y': (editor) => editor.putBack(),
  left: (editor) => editor.left(),
  'ctrl+b': (editor) => editor.left(),
  right: (editor) => editor.right(),
  'ctrl+f': (editor) => editor.right(),
  'ctrl+left': (editor) => editor.wordLeft(),
  'alt+left': (editor) => editor.wordLeft(),
  'alt+b': (editor) => editor.wordLeft(),
  'ctrl+right': (editor) => editor.wordRight(),
  'alt+right': (editor) => editor.wordRight(),
  'alt+f': (editor) => editor.wordRight(),
  home: (editor) => editor.home(),
  'ctrl+a': (editor) => editor.home(),
  end: (editor) => editor.end(),
  'ctrl+e': (editor) => editor.end(),
};

/** Does what the key means to a text that is being written. False: it means nothing. */
export function editWith(editor: Editor, key: Key): boolean {
  if (key.type !== 'key') {
    editor.insert(key.text);
    return true;
  }
  const action = actions[shortcut(key)];
  action?.(editor);
  return action !== undefined;
}
