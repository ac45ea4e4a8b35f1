import { note } from '../../verify/catalog.js';
import type { Verification } from '../../verify/verify.js';
import type { Evidence } from '../artifacts.js';
import type { Came } from './observations.js';

/** The last try to save may have been begun while the folder was away, and said a little later; in milliseconds. */
const AFTERWARDS = 1000;

/**
 * A folder that was taken away is an error, and the worker says so; whoever has taken it away cannot blame the log for
 * that. Any other line that looks like an error stays one.
 */
export function excuseHolding(
  verification: Verification,
  { log }: Pick<Evidence, 'log'>,
  incidents: readonly Came[],
): Verification {
  const outages = incidents.filter(({ incident }) => incident.kind === 'folder_away');
  const isExcused = ({ time, err }: Record<string, unknown>) => {
    const at = Date.parse(String(time));
    const isRefusal = typeof (err as NodeJS.ErrnoException | undefined)?.code === 'string';
    return isRefusal && outages.some(({ from, to }) => at >= from && at <= to + AFTERWARDS);
  };
  const isAlarming = ({ level, err }: Record<string, unknown>) => level === 'error' || err !== undefined;
  const excused = log.filter(isExcused).length;
  if (excused === 0 || log.some((record) => isAlarming(record) && !isExcused(record))) return verification;
  return {
    ...verification,
    sections: verification.sections.map((section) => ({
      ...section,
      checks: section.checks.map((check) =>
        check.code === 'clean_log' && check.status === 'fail' && check.count <= excused
          ? note('clean_log', `소설 폴더를 치워 둔 동안의 ${excused}줄뿐`, check.places)
          : check,
      ),
    })),
  };
}
