// Moments as people say them, in the language of the browser.

const clockTime = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

const dayMs = 24 * 3_600_000;

/** `14:05`. */
export const timeOf = (at: string | undefined): string => (at ? clockTime.format(new Date(at)) : '');

/** The whole moment, for a tooltip. */
export const momentOf = (at: string | undefined): string => (at ? full.format(new Date(at)) : '');

/** The same for all moments of one day, here. */
export const dayOf = (at: string | undefined): string => (at ? new Date(at).toDateString() : '');

/** `Today`, `Yesterday`, `Tuesday`, `3 March 2026`. */
export function dayWords(at: string, now = new Date()): string {
  const days = daysBetween(new Date(at), now);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return days > 1 && days < 7 ? weekday.format(new Date(at)) : date.format(new Date(at));
}

/** For a list's line: the time today, else the day. */
export function shortWords(at: string | undefined, now = new Date()): string {
  if (!at) return '';
  const days = daysBetween(new Date(at), now);
  if (days <= 0) return timeOf(at);
  if (days === 1) return 'Yesterday';
  return days < 7 ? weekday.format(new Date(at)).slice(0, 3) : shortDate.format(new Date(at));
}

function daysBetween(then: Date, now: Date): number {
  const midnight = (moment: Date) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
  return Math.round((midnight(now) - midnight(then)) / dayMs);
}
