import { ChatError } from './chat-error.js';

/** A pattern over whole folded usernames: `*` any run of characters, `?` one. */
export type Wildcard = {
  /** What every match starts with; of characters of usernames, unless it matches `nothing`. */
  readonly prefix: string;
  /** No username can match: there is something in it that none has. */
  readonly nothing: boolean;
  /** Nothing but the prefix can match: there is no wildcard in it. */
  readonly literal: boolean;
  /** Everything with the prefix matches. */
  readonly prefixOnly: boolean;
  matches(folded: string): boolean;
};

/** Empty means `*`. Throws PATTERN_TOO_LONG. */
export function parseWildcard(pattern: string): Wildcard {
  if (pattern.length > 128) throw new ChatError('PATTERN_TOO_LONG');
  const folded = (pattern === '' ? '*' : pattern).toLowerCase().replace(/\*+/g, '*');
  const first = folded.search(/[*?]/);
  const prefix = first < 0 ? folded : folded.slice(0, first);
  return {
    prefix,
    nothing: /[^a-z0-9._*?-]/.test(folded),
    literal: first < 0,
    prefixOnly: folded === `${prefix}*`,
    matches: (name) => matches(folded, name),
  };
}

// The usual two pointers: on a mismatch go back to the last star and let it take one character more.
function matches(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p;
      resume = n;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p += 1;
      n += 1;
    } else if (star >= 0) {
      resume += 1;
      n = resume;
      p = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
