import type { ReceivedRequest } from '../../offline/server/reply.js';
import { type Call, chainOf, type MockApiOptions } from '../mock-api.js';
import type { ApiFault } from './fault-plan.js';
import { MAX_CONTINUATIONS } from './time-scale.js';

export interface ApiFaultsOptions {
  faults: readonly ApiFault[];
  /** Since the start of the day, in milliseconds; negative before it. */
  elapsed: () => number;
  /** Writes a whole story for a request. */
  compose: (request: ReceivedRequest) => string;
  charactersPerSecond: number;
}

/** Plans the answers of the mock API: each fault at its time, in their order; one that a kill cuts short comes again. */
export function createApiFaults({ faults, elapsed, compose, charactersPerSecond }: ApiFaultsOptions) {
  const timesLeft = new Map(faults.map((fault) => [fault, fault.times]));
  const faultOf = new Map<number, ApiFault>();
  /** The calls that are being answered with a fault: of several at once, no more meet it than planned. */
  const answering = new Map<number, ApiFault>();
  /** The faults that have not come, or not as often as planned. */
  const left = () => faults.filter((fault) => (timesLeft.get(fault) ?? 0) > 0);
  const isFree = (fault: ApiFault) =>
    [...answering.values()].filter((each) => each === fault).length < (timesLeft.get(fault) ?? 0);
  const plan: MockApiOptions['plan'] = (request, index, cut) => {
    const due = () => left().find((fault) => fault.at <= elapsed() && isFree(fault));
    const fault = cut === null ? due() : faultOf.get(cut.index);
    if (fault !== undefined) {
      faultOf.set(index, fault);
      answering.set(index, fault);
    }
    const { kind = 'story', share = 1 } = fault ?? {};
    if (cut === null) return { kind, whole: compose(request), share, charactersPerSecond };
    // Half of what is left, so that every part has something to continue from.
    const rest = kind === 'cut_off_for_good' ? kind : 'story';
    return { kind: rest, whole: cut.whole, share: 0.5, charactersPerSecond };
  };
  /** Takes note of what became of a call. */
  const onEnded = (call: Call): void => {
    const fault = faultOf.get(call.index);
    answering.delete(call.index);
    if (fault !== undefined && hasCome(fault, call)) timesLeft.set(fault, (timesLeft.get(fault) ?? 0) - 1);
  };
  return { plan, onEnded, left };
}

/** Has the fault come, with this call? */
function hasCome(fault: ApiFault, call: Call): boolean {
  const { kind, sent, killed } = call;
  if (killed) return false;
  if (kind === 'cut' || kind === 'stall') return true;
  if (!sent) return false;
  // A text that is cut off has come once its last rest is asked for.
  if (fault.kind === 'cut_off') return kind === 'story';
  if (fault.kind === 'cut_off_for_good') return chainOf(call).length > MAX_CONTINUATIONS;
  return true;
}
