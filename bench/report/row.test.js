import { expect, test } from 'vitest';
import { Row, isReached } from './row.js';
import { longestGap, quantile, spread } from './statistics.js';
import { figurePlot, overviewPlot } from './plots.js';
import { number, reportText, verdict } from './text.js';

test('quantiles lie between the values around them', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(spread([5, 1, 3])).toEqual({ min: 1, q1: 2, median: 3, q3: 4, max: 5 });
  expect(() => quantile([], 0.5)).toThrow('no values');
});

test('a gap lasts until the next event, or the end', () => {
  expect(longestGap([0, 5, 6, 8, 9], 5.5, 10)).toBe(2);
  // Over before it begins.
  expect(longestGap([0, 5, 6], 5, 7)).toBe(1);
  // Never over: what comes after the end is no help.
  expect(longestGap([0, 5, 6, 40], 5.5, 30)).toBe(24);
  expect(longestGap([0, 5], 7, 30)).toBe(25);
  expect(() => longestGap([8], 7, 30)).toThrow('nothing had happened');
  expect(() => longestGap([], 7, 30)).toThrow('nothing had happened');
});

test('an aim is reached by the median or by the worst round', () => {
  expect(isReached({ of: 'median', atMost: 2 }, [1, 2, 9])).toBe(true);
  expect(isReached({ of: 'worst', atMost: 2 }, [1, 2, 9])).toBe(false);
  expect(isReached({ of: 'median', atLeast: 0.8 }, [0.1, 0.8, 0.9])).toBe(true);
  expect(isReached({ of: 'worst', atLeast: 0.8 }, [0.1, 0.8, 0.9])).toBe(false);
});

test('a row judges each round by its own floor', () => {
  const row = new Row({ name: 'n', unit: 'ms', floor: 'f', aims: [{ of: 'median', atMost: 2 }] });
  row.add(10, 10);
  row.add(100, 20);
  row.add(30, 30);
  const { ratio, aims } = row.summary();
  expect(ratio).toMatchObject({ min: 1, median: 1, max: 5 });
  expect(aims).toEqual([{ of: 'median', atMost: 2, reached: true }]);
  expect(() => row.add(1, 0)).toThrow('no measurement');
  expect(() => row.add(Number.NaN, 1)).toThrow('no measurement');
});

test('text and pictures tell a missed aim and a figure that failed', () => {
  const row = new Row({
    name: 'sends & more',
    unit: 'a second',
    floor: 'f',
    aims: [{ of: 'median', atLeast: 2 }],
  });
  row.add(1_234, 1_000);
  row.note('processor', 12.345);
  const figures = [
    { id: 'a', title: 'A', seconds: 1, rows: [row.summary()] },
    { id: 'b', title: 'B', seconds: 1, rows: [], error: 'it broke' },
  ];
  expect(verdict(figures)).toBe('0 of 1 aims reached; 1 figures could not be measured');
  const machine = { cores: 2, cpu: 'c', memoryGiB: 1, system: 's', node: '20', load: [0] };
  const report = reportText({ machine, options: { size: 'full', rounds: 1 }, figures, finished: 'now' });
  expect(report).toContain('MISSED : median at least 2');
  expect(report).toContain('failed: it broke');
  expect(report).toContain('processor: 12.3');
  expect(overviewPlot(figures)).toContain('sends &amp; more');
  expect(figurePlot(figures[0])).toMatch(/^<svg [^>]*viewBox="0 0 [\d.]+ [\d.]+"/);
});

test('numbers have three digits that matter', () => {
  expect([0, 0.01234, 1.234, 12.34, 1_234.5].map(number)).toEqual(['0', '0.0123', '1.23', '12.3', '1,235']);
});
