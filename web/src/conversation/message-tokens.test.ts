import { describe, expect, it } from 'vitest';
import { beginningOf, isFewEmoji, tokensOf } from './message-tokens.js';
import type { Token } from './message-tokens.js';

const text = (value: string): Token => ({ kind: 'text', text: value });
const link = (value: string, href = value): Token => ({ kind: 'link', text: value, href });

describe('tokensOf', () => {
  it('leaves text as it is', () => {
    expect(tokensOf('<script>alert(1)</script> &amp; "x"\n\n  y')).toEqual([
      text('<script>alert(1)</script> &amp; "x"\n\n  y'),
    ]);
    expect(tokensOf('')).toEqual([]);
  });

  it('finds addresses, without the sentence around them', () => {
    expect(tokensOf('See https://a.example/b?c=d#e, (http://x.example/y_(z)) or HTTPS://Q.example.')).toEqual(
      [
        text('See '),
        link('https://a.example/b?c=d#e'),
        text(', ('),
        link('http://x.example/y_(z)'),
        text(') or '),
        link('HTTPS://Q.example', 'https://q.example/'),
        text('.'),
      ],
    );
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'https://',
    'https://bank.example@evil.example/',
    'xhttps://a',
    'file:///etc/passwd',
    'www.example.org',
  ])('takes %s for text', (written) => {
    expect(tokensOf(written)).toEqual([text(written)]);
  });

  it('ends an address where something invisible begins', () => {
    expect(tokensOf('https://a.example/\u202egnp.exe')).toEqual([
      link('https://a.example/'),
      text('\u202egnp.exe'),
    ]);
    expect(tokensOf('https://a.example/\u200bb')[0]).toEqual(link('https://a.example/'));
  });

  it('finds code, in which nothing else is found', () => {
    expect(tokensOf('use `npm start` or\n```sh\ncurl https://a.example\n\n# done\n```\nthen wait')).toEqual([
      text('use '),
      { kind: 'code', text: 'npm start' },
      text(' or'),
      { kind: 'block', text: 'curl https://a.example\n\n# done' },
      text('then wait'),
    ]);
    expect(tokensOf('``` one ```')).toEqual([{ kind: 'block', text: ' one ' }]);
  });

  it.each(['`', '``', '```', '``````', 'a ` b', '`a\nb`', '```\n\n```'])('takes %j for text', (written) => {
    expect(
      tokensOf(written)
        .map((token) => token.text)
        .join(''),
    ).toBe(written);
    expect(tokensOf(written).every(({ kind }) => kind === 'text')).toBe(true);
  });

  it('needs no more than a moment for 16 KiB of anything', () => {
    const size = 16 * 1_024;
    const hostile = ['`', '```a', 'https://a.b/(', '(', 'https://', '\u202e', '👩‍🚀', '`a`', 'http://a.b)'];
    const begin = performance.now();
    tokensOf(`https://a.b/${')'.repeat(size)}`);
    for (const part of hostile) tokensOf(part.repeat(Math.ceil(size / part.length)).slice(0, size));
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});

describe('isFewEmoji', () => {
  it.each(['👍', '👩‍🚀 🇪🇺', '❤️', '👋🏽', '1️⃣'])('says so of %s', (written) => {
    expect(isFewEmoji(written)).toBe(true);
  });
  it.each(['', '1', '12 #', 'a👍', '👍'.repeat(6), ' '])('does not of %j', (written) => {
    expect(isFewEmoji(written)).toBe(false);
  });
});

describe('beginningOf', () => {
  it('cuts between characters', () => {
    expect(beginningOf('short', 10)).toBe('short');
    expect(beginningOf('abcdef', 3)).toBe('abc');
    const family = '👨‍👩‍👧‍👦';
    expect(beginningOf(family.repeat(100), family.length * 40 + 3)).toBe(family.repeat(40));
  });
});
