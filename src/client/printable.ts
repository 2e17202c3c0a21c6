const clusters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const emoji = new RegExp(String.raw`^\p{RGI_Emoji}$`, 'v');
/** What a terminal would act on, what reorders text, and what takes no room though it is no accent. */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\p{Default_Ignorable_Code_Point}]/u;
const hiddenOnes = new RegExp(hidden.source, 'gu');
const harmless = /^[\x20-\x7e\n]*$/;
const selector = /[\ufe00-\ufe0f]/u;
/** Zero-width joiners and non-joiners shape what precedes them in scripts like Arabic and Devanagari. */
const shaped = /[^\P{L}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}]\p{M}*$/u;
/** Accents on one character; further ones would pile up over the lines above. */
const maxMarks = 6;

/**
 * Shows what a terminal would act on instead of displaying: control characters, escape sequences, marks
 * that reorder text or take no room. Line ends and tabs stay when `multiline` is true.
 */
export function printable(text: string, multiline = false): string {
  if (harmless.test(text) && (multiline || !text.includes('\n'))) return text;
  let shown = '';
  for (const { segment } of clusters.segment(text)) shown += shownCluster(segment, multiline, shown);
  return shown;
}

function shownCluster(cluster: string, multiline: boolean, before: string): string {
  if (emoji.test(cluster)) return cluster;
  const visible = cluster.replace(hiddenOnes, (character, at: number) =>
    escaped(character, multiline, before + cluster.slice(0, at)),
  );
  return marksIn(visible);
}

function escaped(character: string, multiline: boolean, before: string): string {
  if (multiline && (character === '\n' || character === '\t')) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  // Says how the character before it looks.
  if (selector.test(character) && before !== '' && !hidden.test(before.slice(-1))) return character;
  if ((code === 0x200c || code === 0x200d) && shaped.test(before)) return character;
  // Joins emoji into one picture, also those that are in no list.
  if (code === 0x200d && /\p{Extended_Pictographic}[\p{M}\p{Emoji_Modifier}]*$/u.test(before)) {
    return character;
  }
  return `\\u{${code.toString(16)}}`;
}

/** An accent without a letter gets a circle to stand on; too many on one are cut. */
function marksIn(cluster: string): string {
  const based = /^\p{M}/u.test(cluster) ? `\u25cc${cluster}` : cluster;
  let marks = 0;
  return based.replace(/\p{M}/gu, (mark) => {
    marks += 1;
    if (marks <= maxMarks) return mark;
    return marks === maxMarks + 1 ? '\u2026' : '';
  });
}
