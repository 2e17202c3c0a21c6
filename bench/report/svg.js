// Elements of an SVG as text, and the axes that all plots share.

export const colors = {
  figure: '#1d5fa8',
  floor: '#8a8f98',
  good: '#2e7d4f',
  bad: '#b3392f',
  text: '#222',
  line: '#d5d8dd',
};
/** For several lines of one plot; told apart also by those who see few colours (Okabe and Ito). */
export const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

function escape(text) {
  return String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function attributes(values) {
  const name = (key) =>
    key === 'viewBox' ? key : key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const shown = (value) => (typeof value === 'number' ? Math.round(value * 100) / 100 : value);
  return Object.entries(values)
    .map(([key, value]) => ` ${name(key)}="${escape(shown(value))}"`)
    .join('');
}

export function element(name, values, ...children) {
  return `<${name}${attributes(values)}>${children.join('')}</${name}>`;
}

export function text(x, y, words, values = {}) {
  return element('text', { x, y, fill: colors.text, ...values }, escape(words));
}

export function line(x1, y1, x2, y2, values = {}) {
  return element('line', { x1, y1, x2, y2, stroke: colors.line, ...values });
}

export function circle(cx, cy, r, values = {}) {
  return element('circle', { cx, cy, r, ...values });
}

export function rect(x, y, width, height, values = {}) {
  return element('rect', { x, y, width, height, ...values });
}

/** Through these [x, y]. */
export function path(points, values = {}) {
  const d = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)},${y.toFixed(1)}`).join('');
  return element('path', { d, fill: 'none', ...values });
}

/** `title` is also read out. */
export function document(width, height, title, ...children) {
  const head = { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}` };
  const font = { role: 'img', fontFamily: 'system-ui, sans-serif', fontSize: 12 };
  const ground = rect(0, 0, width, height, { fill: '#fff' });
  const svg = element('svg', { ...head, ...font }, `<title>${escape(title)}</title>`, ground, ...children);
  return `${svg}\n`;
}

/** Ticks of d3's scale below a plot from y = `top` to `bottom`, with lines through it. */
export function bottomAxis(scale, top, bottom, count = 6, format = scale.tickFormat(count)) {
  return scale
    .ticks(count)
    .map(
      (tick) =>
        line(scale(tick), top, scale(tick), bottom) +
        text(scale(tick), bottom + 16, format(tick), { textAnchor: 'middle' }),
    )
    .join('');
}

/** As bottomAxis, at the left of a plot from x = `left` to `right`. */
export function leftAxis(scale, left, right, count = 5, format = scale.tickFormat(count)) {
  return scale
    .ticks(count)
    .map(
      (tick) =>
        line(left, scale(tick), right, scale(tick)) +
        text(left - 6, scale(tick) + 4, format(tick), { textAnchor: 'end' }),
    )
    .join('');
}
