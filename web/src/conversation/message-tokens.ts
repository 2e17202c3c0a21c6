/** What a message's text is made of, to be shown. The text itself is never taken for anything but text. */
export type Token =
  | { readonly kind: 'text'; readonly text: string }
  /** An address of a page; `text` is how it was written. */
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'block'; readonly text: string };

// A block of code may name its language; it begins and ends with three backticks.
const code = /```(?:[\w+#-]*\n)?([\s\S]*?)\n?```|`([^`\n]+)`/g;
// Addresses end where no visible character is: what can't be seen, or turns the direction, is never part of one.
const address = /\bhttps?:\/\/[^\s<>"`\p{Cc}\p{Cf}]+/giu;

const brackets = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
]);

export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let from = 0;
  for (const match of text.matchAll(code)) {
    const [whole, block, inline] = match;
    tokens.push(...linksIn(text.slice(from, match.index)));
    if (inline !== undefined) tokens.push({ kind: 'code', text: inline });
    else if (block !== undefined && block.trim() !== '') tokens.push({ kind: 'block', text: block });
    else tokens.push({ kind: 'text', text: whole });
    from = match.index + whole.length;
  }
  tokens.push(...linksIn(text.slice(from)));
  return aroundBlocks(tokens);
}

function linksIn(text: string): Token[] {
  const tokens: Token[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    const written = withoutTail(match[0]);
    const href = hrefOf(written);
    if (href === undefined) continue;
    if (match.index > from) tokens.push({ kind: 'text', text: text.slice(from, match.index) });
    tokens.push({ kind: 'link', text: written, href });
    from = match.index + written.length;
  }
  if (from < text.length) tokens.push({ kind: 'text', text: text.slice(from) });
  return tokens;
}

/** Without what closes the sentence around it: a full stop, a bracket that was opened before it. */
function withoutTail(written: string): string {
  const extra = new Map(
    [...brackets].map(([closing, opening]) => [closing, count(written, closing) - count(written, opening)]),
  );
  let end = written.length;
  for (; end > 0; end -= 1) {
    const last = written[end - 1] ?? '';
    if (/[.,:;!?'*_~…]/.test(last)) continue;
    const unopened = extra.get(last) ?? 0;
    if (unopened <= 0) break;
    extra.set(last, unopened - 1);
  }
  return written.slice(0, end);
}

/** Undefined for what is no address, or one that hides where it leads behind a user's name. */
function hrefOf(written: string): string | undefined {
  if (!URL.canParse(written)) return undefined;
  const { protocol, username, password, hostname, href } = new URL(written);
  const plain = username === '' && password === '' && hostname !== '';
  return plain && (protocol === 'http:' || protocol === 'https:') ? href : undefined;
}

/** A block stands by itself: the line breaks around it are not shown twice. */
function aroundBlocks(tokens: readonly Token[]): readonly Token[] {
  return tokens
    .map((token, i) => {
      if (token.kind !== 'text') return token;
      let { text } = token;
      if (tokens[i + 1]?.kind === 'block') text = text.replace(/\n$/, '');
      if (tokens[i - 1]?.kind === 'block') text = text.replace(/^\n/, '');
      return { ...token, text };
    })
    .filter((token) => token.text !== '');
}

function count(text: string, letter: string): number {
  return text.split(letter).length - 1;
}

const onlyEmoji = /^(?:\p{Extended_Pictographic}|\p{Emoji_Component}|\s)+$/u;
const oneEmoji = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3/u;
const graphemes = new Intl.Segmenter();

/** A few emoji and nothing else: they are shown large. */
export function isFewEmoji(text: string): boolean {
  if (text.length > 80 || !onlyEmoji.test(text)) return false;
  const shown = [...graphemes.segment(text)].filter(({ segment }) => segment.trim() !== '');
  return shown.length > 0 && shown.length <= 5 && shown.every(({ segment }) => oneEmoji.test(segment));
}

/** The beginning of a long text, cut between characters as people see them. */
export function beginningOf(text: string, length: number): string {
  if (text.length <= length) return text;
  const around = text.slice(Math.max(0, length - 200), length + 200);
  const base = Math.max(0, length - 200);
  let end = base;
  for (const { index } of graphemes.segment(around)) if (base + index <= length) end = base + index;
  return text.slice(0, end > base ? end : length);
}
