export type Key =
  /** Characters that were typed; none of them is a control character. */
  | { readonly type: 'text'; readonly text: string }
  /** What was pasted, as one piece, with its line ends as '\n'. */
  | { readonly type: 'paste'; readonly text: string }
  /** Any other key; letters only together with ctrl or alt. */
  | {
      readonly type: 'key';
      readonly name: string;
      readonly ctrl: boolean;
      readonly alt: boolean;
      readonly shift: boolean;
    };

type Modifiers = { readonly ctrl?: boolean; readonly alt?: boolean; readonly shift?: boolean };

const escape = '\u001b';
const pasteEnd = `${escape}[201~`;

const letters: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
};
const numbers: Readonly<Record<string, string>> = {
  1: 'home',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  11: 'f1',
  12: 'f2',
  13: 'f3',
  14: 'f4',
  15: 'f5',
};
/** Keys that terminals may send with their code, to tell modifiers. */
const codes: Readonly<Record<string, string>> = { 9: 'tab', 13: 'enter', 27: 'escape', 127: 'backspace' };

const controls: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\t': 'tab',
  '\u0008': 'backspace',
  '\u007f': 'backspace',
};

/**
 * Makes keys of what a terminal sends, however it is cut into pieces: over a slow line a key comes in
 * several, and several keys come in one.
 */
export class KeyParser {
  private rest = '';
  private pasted: string | undefined;

  /** Something has come that is not a whole key yet; a lone Escape, perhaps. */
  get pending(): boolean {
    return this.rest !== '' && this.pasted === undefined;
  }

  push(chunk: string): Key[] {
    this.rest += chunk;
    const keys: Key[] = [];
    while (this.rest !== '') {
      const before = this.rest.length;
      const key = this.pasted === undefined ? this.next() : this.paste();
      if (key) keys.push(key);
      else if (this.rest.length === before) break;
    }
    return keys;
  }

  /** Nothing has followed: it was the Escape key, and whatever came after it. */
  flush(): Key[] {
    if (!this.pending) return [];
    const { rest } = this;
    this.rest = '';
    return [named('escape'), ...this.push(rest.slice(1))];
  }

  /** Takes the first key off the rest. Undefined: it stands for nothing, or, when nothing is taken, is not whole. */
  private next(): Key | undefined {
    const { rest } = this;
    if (rest.startsWith(escape)) return this.sequence();
    const text = /^[^\p{Cc}]+/u.exec(rest)?.[0];
    if (text !== undefined) {
      this.rest = rest.slice(text.length);
      return { type: 'text', text };
    }
    this.rest = rest.slice(1);
    return control(rest.charAt(0), {});
  }

  private sequence(): Key | undefined {
    const { rest } = this;
    if (rest.length === 1) return undefined;
    const csi = /^\u001b\[([0-?]*)([ -/]*)([@-~])/.exec(rest);
    if (csi) {
      const [whole, parameters = '', , final = ''] = csi;
      this.rest = rest.slice(whole.length);
      return this.csi(parameters, final);
    }
    if (/^\u001b\[[ -?]*$/.test(rest) && rest.length < 32) return undefined;
    if (rest.startsWith(`${escape}O`)) {
      if (rest.length === 2) return undefined;
      this.rest = rest.slice(3);
      const name = letters[rest.charAt(2)];
      return name === undefined ? undefined : named(name);
    }
    if (rest.startsWith(escape, 1)) {
      this.rest = rest.slice(1);
      return named('escape');
    }
    const character = String.fromCodePoint(rest.codePointAt(1) ?? 0);
    this.rest = rest.slice(1 + character.length);
    if (/^\p{Cc}/u.test(character)) return control(character, { alt: true });
    return named(character.toLowerCase(), { alt: true, shift: character !== character.toLowerCase() });
  }

  private csi(parameters: string, final: string): Key | undefined {
    const [first = '', second = '', third = ''] = parameters.split(';');
    if (final === '~' && first === '200') {
      this.pasted = '';
      return undefined;
    }
    if (final === 'Z') return named('tab', { shift: true });
    if (final === 'u') return coded(first, modifiers(second));
    if (final === '~' && first === '27') return coded(third, modifiers(second));
    const name = final === '~' ? numbers[first] : letters[final];
    return name === undefined ? undefined : named(name, modifiers(second));
  }

  private paste(): Key | undefined {
    const end = this.rest.indexOf(pasteEnd);
    if (end >= 0) {
      const text = (this.pasted ?? '') + this.rest.slice(0, end);
      this.rest = this.rest.slice(end + pasteEnd.length);
      this.pasted = undefined;
      return { type: 'paste', text: text.replace(/\r\n?/g, '\n') };
    }
    // What may be the beginning of the end stays.
    const held = /\u001b?\[?2?0?1?$/.exec(this.rest)?.[0] ?? '';
    const kept = held.startsWith(escape) ? held.length : 0;
    const taken = this.rest.length - kept;
    this.pasted = (this.pasted ?? '') + this.rest.slice(0, taken);
    this.rest = this.rest.slice(taken);
    return undefined;
  }
}

function named(name: string, { ctrl = false, alt = false, shift = false }: Modifiers = {}): Key {
  return { type: 'key', name, ctrl, alt, shift };
}

/** Undefined for what is no key, such as C1 control characters. */
function control(character: string, given: Modifiers): Key | undefined {
  const name = controls[character];
  if (name !== undefined) return named(name, given);
  const code = character.charCodeAt(0);
  if (code >= 0x20) return undefined;
  return named(String.fromCharCode(code + 0x40).toLowerCase(), { ...given, ctrl: true });
}

function coded(code: string, given: Modifiers): Key | undefined {
  const name = codes[code.split(':')[0] ?? ''];
  if (name !== undefined) return named(name, given);
  const character = Number(code) >= 0x20 ? String.fromCodePoint(Math.min(Number(code), 0x10ffff)) : '';
  if (character === '') return undefined;
  return given.ctrl || given.alt
    ? named(character.toLowerCase(), given)
    : { type: 'text', text: given.shift ? character.toUpperCase() : character };
}

/** As xterm tells them: 1 and the sum of 1 shift, 2 alt, 4 ctrl. */
function modifiers(parameter: string): Modifiers {
  const bits = Math.max(0, Number(parameter.split(':')[0] ?? '') - 1) || 0;
  return { shift: (bits & 1) > 0, alt: (bits & 2) > 0, ctrl: (bits & 4) > 0 };
}
