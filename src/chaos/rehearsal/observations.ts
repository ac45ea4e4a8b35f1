import type { Call } from '../mock-api.js';
import type { Incident, Squall, Weather } from './fault-plan.js';
import type { App } from './pm2-sandbox.js';
import type { DayScale } from './time-scale.js';

// What a rehearsal has seen for itself, and what it complains of.

/** A broken promise. */
export interface Complaint {
  code: string;
  where: string;
  /** Korean. */
  message: string;
}

/** What became of an incident. Times are milliseconds since the epoch. */
export interface Came {
  incident: Incident;
  from: number;
  to: number;
  /** Korean: why it did not come; null when it did. */
  missed: string | null;
}

/** What the rehearsal saw for itself. */
export interface Witnessed {
  weather: Weather;
  scale: DayScale;
  calls: readonly Call[];
  squallsLeft: readonly Squall[];
  incidents: readonly Came[];
  /** When the worker was killed, milliseconds since the epoch. */
  kills: readonly number[];
  /** As pm2 lists it in the end. */
  app: App | null;
  workersLeft: readonly number[];
  /** How many there were at once, at the most. */
  mostWorkers: number;
  /** How many stories somebody saw who followed `pm2 logs`. */
  storiesWatched: number;
}

export const complaint = (code: string, where: string | number, message: string): Complaint => ({
  code,
  where: String(where),
  message,
});

/** A request, for people. */
export const callName = ({ index, kind }: Call) => `${index + 1}번째 요청(${kind})`;

/** The final record of a run that is over, not of one that was interrupted. */
export const isFinal = ({ event, over }: Record<string, unknown>) => event === 'run_finished' && over === true;
