import type { IUnicodeVersionProvider } from '@xterm/headless';

const emoji = /^\p{Emoji_Presentation}$/u;
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]$/u;
const none = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]$/u;
const joiner = 0x200d;
const afterJoiner = 1;
const afterFlagHalf = 2;

function widthOf(code: number): 0 | 1 | 2 {
  const character = String.fromCodePoint(code);
  if (none.test(character)) return 0;
  return emoji.test(character) || wide.test(character) ? 2 : 1;
}

function isFlagHalf(code: number): boolean {
  return code >= 0x1f1e6 && code <= 0x1f1ff;
}

/** How terminals of today take characters together: one picture for joined emoji, flags, skin tones. */
export const modernWidths: IUnicodeVersionProvider = {
  version: 'modern',
  wcwidth: widthOf,
  charProperties(code, preceding) {
    const state = preceding >> 3;
    const before = (preceding >> 1) & 3;
    const isTone = code >= 0x1f3fb && code <= 0x1f3ff;
    const closesFlag = isFlagHalf(code) && state === afterFlagHalf;
    const joins = before > 0 && (widthOf(code) === 0 || state === afterJoiner || isTone || closesFlag);
    const grown = code === 0xfe0f ? 2 : widthOf(code);
    const width = joins ? Math.max(before, grown) : grown;
    const next = code === joiner ? afterJoiner : isFlagHalf(code) && !closesFlag ? afterFlagHalf : 0;
    return (next << 3) | (width << 1) | (joins ? 1 : 0);
  },
};
