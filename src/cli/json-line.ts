/**
 * An object in one line of JSON. What a terminal might act on (control characters beyond ASCII's, marks that
 * reorder text) is written as an escape, which means the same to whoever reads the JSON.
 */
export function jsonLine(object: object): string {
  return JSON.stringify(object).replace(/[\u007f-\u009f\p{Cf}\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, i) => escape(character.charCodeAt(i))).join(''),
  );
}

function escape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
