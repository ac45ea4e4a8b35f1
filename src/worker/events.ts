import type { CapHit } from '../run/budget.js';
import type { Waiting } from '../run/end-reason.js';
import type { AttemptOutcome } from './attempt/outcome.js';

/** What the loop tells, as it happens. An outcome is in the run's state by then. */
export type WorkerEvent =
  | { kind: 'writing'; inHand: number }
  | AttemptOutcome
  | { kind: 'cap_near'; hit: CapHit }
  /** Every slot waits. `until` is when the first of them goes on, milliseconds since the epoch; the deadline at most.
   *  `detail`: Korean, more about what is waited for. */
  | { kind: 'waiting'; for: Waiting; until: number; detail?: string };
