const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Like 1.4 MiB. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1_024 && unit < units.length - 1; unit += 1) value /= 1_024;
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${units[unit] ?? ''}`;
}
