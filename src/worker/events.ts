import type { CapHit } from '../run/budget.js';
import type { PauseReason, Waiting } from '../run/end-reason.js';
import type { AttemptOutcome } from './attempt/outcome.js';

/** What the loop tells, as it happens. An outcome is in the run's state by then. */
export type WorkerEvent =
  | { kind: 'writing'; inHand: number }
  | AttemptOutcome
  | { kind: 'cap_near'; hit: CapHit }
  /** No story begins for a while, until then, milliseconds since the epoch. */
  | { kind: 'paused'; reason: PauseReason; until: number }
  /** Every slot waits. `until` is when the first of them goes on, milliseconds since the epoch; the deadline at most.
   *  `detail`: Korean, more about what is waited for. */
  | { kind: 'waiting'; for: Waiting; until: number; detail?: string };
