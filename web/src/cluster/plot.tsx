import styles from './plot.module.css';

const height = 40;

/** How one figure went on, and what it is now. `values`: the latest one last, at 0 or above. `most`: the top, at least. */
export function Plot({
  name,
  values,
  most,
  format,
}: {
  readonly name: string;
  readonly values: readonly number[];
  readonly most: number;
  readonly format: (value: number) => string;
}) {
  const top = Math.max(most, ...values);
  const now = format(values.at(-1) ?? 0);
  const highest = format(Math.max(0, ...values));
  const last = Math.max(1, values.length - 1);
  const points = values.map((value, i) => `${i},${(height * (1 - value / top)).toFixed(2)}`).join(' ');
  return (
    <figure className={styles.plot}>
      <figcaption className={styles.head}>
        <span>{name}</span>
        <strong className={styles.now}>{now}</strong>
      </figcaption>
      <svg
        className={styles.picture}
        viewBox={`0 -1 ${last} ${height + 2}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name}: ${now} now, at most ${highest} in the last minutes`}
      >
        {values.length > 1 && (
          <>
            <polygon className={styles.area} points={`0,${height} ${points} ${last},${height}`} />
            <polyline className={styles.line} points={points} />
          </>
        )}
      </svg>
      <p className={styles.most} aria-hidden="true">
        at most {highest}
      </p>
    </figure>
  );
}
