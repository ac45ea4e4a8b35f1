import { UserError } from '../lib/errors.js';

/** No run, or more than one, fits what the user typed. */
export class RunSelectionError extends UserError {
  override readonly name = 'RunSelectionError';
}

/** The most ids that an error lists. */
const MAX_LISTED = 10;

/**
 * The one id that a user means.
 * @param ids of all runs
 * @param wanted an id, or any part that only one id has
 * @throws RunSelectionError
 */
export function selectRun(ids: readonly string[], wanted: string): string {
  const matching = ids.includes(wanted) ? [wanted] : ids.filter((id) => id.includes(wanted));
  const [match] = matching;
  if (match === undefined) throw new RunSelectionError(`"${wanted}"에 맞는 실행이 없습니다. ${listIds(ids)}`);
  if (matching.length > 1) {
    throw new RunSelectionError(`"${wanted}"에 맞는 실행이 여럿입니다. ${listIds(matching)}`);
  }
  return match;
}

function listIds(ids: readonly string[]): string {
  const rest = ids.length - MAX_LISTED;
  return `실행: ${ids.slice(0, MAX_LISTED).join(', ')}${rest > 0 ? ` 외 ${rest}개` : ''}`;
}
