// The result as text: each figure beside its floor, their ratio with its spread, and whether the aim is reached.

/** Three digits that matter, with the thousands set apart. */
export function number(value) {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

export function aimText({ of, atLeast, atMost }) {
  return `${of} ${atLeast === undefined ? `at most ${number(atMost)}` : `at least ${number(atLeast)}`}`;
}

function spreadText({ min, median, max }) {
  return `${number(median)} (${number(min)}–${number(max)})`;
}

export function rowText({ name, unit, floor, value, floorValue, ratio, aims, notes, rounds }) {
  const lines = [`  ${name}: ${spreadText(value)} ${unit}`];
  if (floor !== undefined) {
    lines.push(`    ${floor}: ${spreadText(floorValue)} ${unit}`);
    lines.push(`    ratio: ${spreadText(ratio)}, ${rounds.length} rounds`);
  }
  for (const aim of aims) lines.push(`    ${aim.reached ? 'reached' : 'MISSED '}: ${aimText(aim)}`);
  for (const [about, said] of Object.entries(notes)) {
    lines.push(`    ${about}: ${typeof said === 'number' ? number(said) : said}`);
  }
  return lines.join('\n');
}

export function figureText({ title, seconds, rows, error }) {
  const head = `${title} (${Math.round(seconds)} s)`;
  return [head, ...rows.map(rowText), ...(error === undefined ? [] : [`  failed: ${error}`])].join('\n');
}

export function machineText(machine) {
  const { cpu, cores, memoryGiB, system, node, etcd, load } = machine;
  return (
    `${cores} cores (${cpu}), ${memoryGiB} GiB of memory, ${system}; Node ${node}; etcd ${etcd ?? 'not found'}; ` +
    `load average at the start ${load.join(' ')}`
  );
}

/** How many aims were reached, in one line. */
export function verdict(figures) {
  const aims = figures.flatMap(({ rows }) => rows.flatMap((row) => row.aims));
  const failed = figures.filter(({ error }) => error !== undefined).length;
  const reached = aims.filter((aim) => aim.reached).length;
  return `${reached} of ${aims.length} aims reached${failed > 0 ? `; ${failed} figures could not be measured` : ''}`;
}

export function reportText({ machine, options, figures, finished }) {
  const { size, rounds } = options;
  return [
    `Holdfast's benchmark, ${finished}: size ${size}, ${rounds} rounds`,
    machineText(machine),
    '',
    ...figures.flatMap((figure) => [figureText(figure), '']),
    verdict(figures),
    '',
  ].join('\n');
}
