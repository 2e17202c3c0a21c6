import type { Time } from '../client/types.js';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October'],
  ...['November', 'December'],
];
const two = (value: number) => String(value).padStart(2, '0');

/** HH:MM, in the local time zone. */
export function clockTime(time: Time): string {
  const date = new Date(time);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Such as "Tuesday, 24 November 2026". */
export function dayName(time: Time): string {
  const date = new Date(time);
  const [day = '', month = ''] = [days[date.getDay()], months[date.getMonth()]];
  return `${day}, ${date.getDate()} ${month} ${date.getFullYear()}`;
}

/** YYYY-MM-DD HH:MM. */
export function dateAndTime(time: Time): string {
  const date = new Date(time);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockTime(time)}`;
}

export function sameDay(a: Time, b: Time): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
