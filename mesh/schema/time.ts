// Timestamps and durations: seconds and nanoseconds on the wire, RFC 3339 and `1.5s` in JSON.

import { type Cursor, readTag, readVarint, signed64, skipValue } from './wire.ts';

export type Time = { seconds: number; nanos: number };

/** Reads a Timestamp or Duration up to the cursor's end into `time`; false where the bytes are no protobuf. */
export function readTime(cursor: Cursor, time: Time): boolean {
  time.seconds = 0;
  time.nanos = 0;
  while (cursor.pos < cursor.end) {
    const tag = readTag(cursor);
    if (tag === 0) return false;
    if (tag === 8 || tag === 16) {
      if (!readVarint(cursor)) return false;
      if (tag === 8) time.seconds = signed64(cursor);
      else time.nanos = signed64(cursor);
    } else if (!skipValue(cursor, tag & 7)) return false;
  }
  return true;
}

const rfc3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;

/** The time of an RFC 3339 text; undefined where it is none. */
export function parseTimestamp(text: string): Time | undefined {
  const match = text.length <= 35 ? rfc3339.exec(text) : null;
  if (!match) return undefined;
  const [, date, clock, fraction = '', zone = ''] = match;
  const ms = Date.parse(`${date}T${clock}${zone.toUpperCase()}`);
  // Date.parse takes the 30th of February for the 1st of March, and 24:00 for midnight.
  if (Number.isNaN(ms) || !isCalendarDay(date!) || clock!.startsWith('24')) return undefined;
  return { seconds: ms / 1000, nanos: fraction === '' ? 0 : Number(fraction.padEnd(9, '0')) };
}

function isCalendarDay(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
}

/** `00` to `59`. */
const twoDigits = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'));
const daySeconds = 86_400;

/** The day formatted last: times that are shown together mostly lie on one. */
let lastDay = 0;
let lastDate = '1970-01-01T';

/** RFC 3339 with as many digits behind the second as are needed: none, 3, 6 or 9. */
export function formatTimestamp({ seconds, nanos }: Time): string {
  const day = Math.floor(seconds / daySeconds);
  if (day !== lastDay) {
    lastDate = new Date(day * daySeconds * 1000).toISOString().slice(0, 11);
    lastDay = day;
  }
  const rest = seconds - day * daySeconds;
  const minutes = Math.floor(rest / 60);
  const clock = `${twoDigits[Math.floor(minutes / 60)]}:${twoDigits[minutes % 60]}:${twoDigits[rest % 60]}`;
  return `${lastDate}${clock}${fractionOf(nanos)}Z`;
}

/** The duration of a text such as `1.5s`; undefined where it is none. */
export function parseDuration(text: string): Time | undefined {
  const match = text.length <= 30 ? /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(text) : null;
  if (!match) return undefined;
  const sign = match[1] === '-' ? -1 : 1;
  const nanos = match[3] ? Number(match[3].padEnd(9, '0')) : 0;
  return { seconds: sign * Number(match[2]) || 0, nanos: sign * nanos || 0 };
}

export function formatDuration({ seconds, nanos }: Time): string {
  const sign = seconds < 0 || nanos < 0 ? '-' : '';
  return `${sign}${Math.abs(seconds)}${fractionOf(Math.abs(nanos))}s`;
}

function fractionOf(nanos: number): string {
  if (nanos === 0) return '';
  const digits = String(nanos).padStart(9, '0');
  if (digits.endsWith('000000')) return `.${digits.slice(0, 3)}`;
  return digits.endsWith('000') ? `.${digits.slice(0, 6)}` : `.${digits}`;
}
