/** A local day in Korean: `2026년 11월 29일`. */
export function formatDate(epochMs: number): string {
  const date = new Date(epochMs);
  return `${date.getFullYear()}년 ${date.getMonth() + 1}월 ${date.getDate()}일`;
}

/** Two local days, one where they are the same: `2026년 11월 29일 – 12월 2일`. */
export function formatDateRange(from: number, to: number): string {
  const [first, last] = [formatDate(from), formatDate(to)];
  if (first === last) return first;
  // What both share is not said twice.
  const parts = first.split(' ');
  const differs = parts.findIndex((part, at) => part !== last.split(' ')[at]);
  return `${first} – ${last.split(' ').slice(differs).join(' ')}`;
}

/** The first moment of a local day: `2026-11-29`; null when there is no such day. */
export function startOfDay(text: string): number | null {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  const date = new Date(Number(year), Number(month) - 1, Number(day));
  return date.getDate() === Number(day) && date.getMonth() === Number(month) - 1 ? date.getTime() : null;
}
