import type { Time } from '../../../src/client/types.js';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const longWeekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const dayAndMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const fullDay = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** Whole days by the reader's calendar from one time to a later one; summer time does not count. */
export function daysBetween(earlier: Time, later: Time): number {
  return Math.round((midnight(later) - midnight(earlier)) / 86_400_000);
}

/** Whether both are of one day by the reader's calendar. */
export function isSameDay(a: Time, b: Time): boolean {
  return midnight(a) === midnight(b);
}

/** Like 14:03. */
export function clockTime(time: Time): string {
  return clock.format(time);
}

/** To the second, with the day. */
export function exactTime(time: Time): string {
  return exact.format(time);
}

export function shortDate(time: Time): string {
  return date.format(time);
}

/** As short as it can be told apart: 14:03, Tue, 3 May, 3 May 2024. */
export function briefTime(time: Time, now: Time): string {
  const days = daysBetween(time, now);
  if (days <= 0) return clock.format(time);
  if (days < 7) return weekday.format(time);
  return new Date(time).getFullYear() === new Date(now).getFullYear()
    ? dayAndMonth.format(time)
    : date.format(time);
}

/** What stands above a day's messages. */
export function dayName(time: Time, now: Time): string {
  const days = daysBetween(time, now);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  if (days > 1 && days < 7) return longWeekday.format(time);
  return fullDay.format(time);
}

function midnight(time: Time): number {
  const day = new Date(time);
  return Date.UTC(day.getFullYear(), day.getMonth(), day.getDate());
}
