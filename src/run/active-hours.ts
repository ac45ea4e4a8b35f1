/** The hours of the day in which stories begin, as minutes since midnight, local time. `from` above `to`: over midnight. */
export interface ActiveHours {
  from: number;
  to: number;
}

/** @returns null when the text is not like `22:00-06:00`, or both times are the same */
export function parseActiveHours(text: string): ActiveHours | null {
  const [, ...parts] = /^(\d{1,2}):(\d{2})\s*[-~]\s*(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? [];
  const [fromHour = -1, fromMinute = -1, toHour = -1, toMinute = -1] = parts.map(Number);
  const isTime = (hour: number, minute: number) => hour >= 0 && hour <= 24 && minute >= 0 && minute < 60;
  if (!isTime(fromHour, fromMinute) || !isTime(toHour, toMinute)) return null;
  const from = fromHour * 60 + fromMinute;
  const to = toHour * 60 + toMinute;
  return from > DAY || to > DAY || from % DAY === to % DAY ? null : { from, to };
}

/** Minutes in a day. */
const DAY = 24 * 60;

/**
 * When stories may begin: now, or when the next active hours begin. Clocks that change are the calendar's: an hour that
 * is skipped begins later, one that comes twice counts both times.
 * @param epochMs milliseconds since the epoch
 * @returns milliseconds since the epoch, `epochMs` itself within active hours
 */
export function nextActive({ from, to }: ActiveHours, epochMs: number): number {
  const now = new Date(epochMs);
  const minute = now.getHours() * 60 + now.getMinutes();
  const isActive = from < to ? minute >= from && minute < to : minute >= from || minute < to;
  if (isActive) return epochMs;
  const days = minute < from ? 0 : 1;
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, Math.floor(from / 60), from % 60).getTime();
}
