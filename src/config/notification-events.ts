/** What the user's command can be told of; NOTIFY_EVENTS lists some of these. */
export const NOTIFICATION_EVENTS = [
  'run_started',
  'story_saved',
  'paused',
  'cap_near',
  'failures',
  'heartbeat',
  'run_ended',
] as const;
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number];

/** The word for an empty list: an empty setting is one that was not given. */
const NO_EVENTS = 'none';

/**
 * @param text names with commas between them, or `none`
 * @returns null when it is no such list
 */
export function parseEvents(text: string): ReadonlySet<NotificationEvent> | null {
  if (text === NO_EVENTS) return new Set();
  const names = text.split(',').map((name) => name.trim());
  const known = NOTIFICATION_EVENTS.filter((event) => names.includes(event));
  return names.every((name) => known.some((event) => event === name)) ? new Set(known) : null;
}
