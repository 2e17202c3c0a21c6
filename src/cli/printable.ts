/**
 * Shows what a terminal would act on instead of displaying: control characters, escape sequences, marks
 * that reorder text or take no room. Line ends and tabs stay when `multiline` is true.
 */
export function printable(text: string, multiline = false): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029\p{Cs}]/gu, (character) => {
    if (multiline && (character === '\n' || character === '\t')) return character;
    // Joins emoji into one picture.
    if (character === '\u200d') return character;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return `\\u{${code.toString(16)}}`;
  });
}
