import { SECOND } from './clock.js';

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

/** Local time as `20261123_143005`, the form that file names carry. */
export function fileTimestamp(epochMs: number): string {
  const d = new Date(epochMs);
  return `${d.getFullYear()}${pad(d.getMonth() + 1)}${pad(d.getDate())}_${clockTime(epochMs).replaceAll(':', '')}`;
}

/** Local time of day as `14:30:05`. */
export function clockTime(epochMs: number): string {
  const d = new Date(epochMs);
  return `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}`;
}

/** Local time with its offset, ISO 8601: `2026-11-23T14:30:05+09:00`. */
export function localIso(epochMs: number): string {
  const d = new Date(epochMs);
  const offset = -d.getTimezoneOffset();
  const sign = offset < 0 ? '-' : '+';
  const zone = `${sign}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`;
  return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}T${clockTime(epochMs)}${zone}`;
}

/** A duration for people, in Korean: `3.2초`, `15분 3초`, `24시간 0분`. */
export function formatDuration(ms: number): string {
  const seconds = ms / SECOND;
  if (seconds < 59.95) return `${Number(seconds.toFixed(1))}초`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}분 ${whole % 60}초`;
  return `${Math.floor(whole / 3600)}시간 ${Math.floor((whole % 3600) / 60)}분`;
}
