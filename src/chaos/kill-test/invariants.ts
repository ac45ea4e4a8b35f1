import { join } from 'node:path';
import type { Price } from '../../api/pricing.js';
import { listFolder } from '../../lib/files.js';
import type { FoundRun } from '../../verify/folder/folder-check.js';
import { listLogFiles } from '../../verify/log-reader.js';
import { type Artifacts, endsOf, finalsOf, processesOf, readArtifacts, recordsOf } from '../artifacts.js';
import { checkCap, checkCosts, checkCount } from '../bulk-checks.js';
import { isAnswered, type Reconciliation, type Recorded, reconcile } from '../reconcile.js';
import { type Violation, violation } from '../violation.js';
import { type KillPhase, killPhaseOf } from './kill-phase.js';
import type { TrialShape } from './trial-shape.js';

// What has to hold whenever a process of the worker has ended.

/** What an inspection has found. */
export interface Inspection {
  violations: Violation[];
  /** What the last process was at when it ended. */
  phase: KillPhase;
  /** The ledger says that the run is over. */
  over: boolean;
  /** The log says so too. */
  hasFinalRecord: boolean;
  stories: number;
  setAside: number;
  /** Calls, and whole answers among them, that a kill took before they were staged. */
  lostCalls: number;
  lostAnswers: number;
}

/** What folder and log are held against; it grows with every process. */
export interface TrialRecord extends Recorded {
  outputDir: string;
  logDir: string;
  shape: TrialShape;
  /** In force for streamed calls. */
  price: Price;
  /** The disk fails once, so that the worker has to keep what it cannot save. */
  diskFails: boolean;
  /** The processes so far, in order. */
  pids: readonly number[];
  /** Lines of the log that a kill has torn, as `file:number`. */
  tornLines: ReadonlySet<string>;
}

/** `atRest`: the run is over, and nothing may be on its way any more. */
export type Inspect = (options: { atRest: boolean }) => Promise<Inspection>;

/** Each inspection remembers which texts it saw on disk: the later ones have to find them again. */
export function createInspection(trial: TrialRecord): Inspect {
  const { outputDir, logDir, kills, diskFails, shape, price } = trial;
  const safe = new Set<number>();
  return async ({ atRest }) => {
    const artifacts = await readArtifacts(outputDir, logDir, atRest);
    const [run] = artifacts.runs;
    const found = reconcile(trial, artifacts, {
      atRest,
      mayMissRequests: false,
      callsAtOnce: shape.concurrency,
      // A process killed between the last line of the log and the end in the ledger is followed by another, which says
      // the statistics once more; so is one whose disk refused the end.
      mayRepeatFinal: (pid) => diskFails || kills.some((kill) => kill.pid === pid),
    });
    const { onDisk, superseded } = found;
    const gone = [...safe].filter((index) => !onDisk.has(index) && !superseded.has(index));
    for (const index of onDisk.keys()) safe.add(index);
    const lost = found.matches.filter(
      ({ call, attempt }) => attempt?.outcome === null && call.customId === null && !onDisk.has(call.index),
    );
    return {
      violations: [
        ...artifacts.findings.flatMap(({ code, severity, where, message }) =>
          severity === 'wrong' || code === 'foreign' ? [violation(code, where, message)] : [],
        ),
        ...gone.map((index) => violation('safe_then_gone', index, '디스크에 있던 글이 없어졌습니다')),
        ...found.violations,
        ...(run === undefined ? [] : checkCount(run, shape.maxStories)),
        ...(run === undefined ? [] : checkRejections(run, shape)),
        ...(shape.maxTokens === null ? [] : checkCap(trial.calls, shape.maxTokens)),
        ...checkCosts(found.matches, price),
        ...(await checkLog(trial, artifacts)),
        ...(atRest ? await checkRest(trial, artifacts, found) : []),
      ],
      phase: killPhaseOf(artifacts, found, trial.pids.at(-1) ?? 0),
      over: run?.state.over === true,
      hasFinalRecord: finalsOf(artifacts).length > 0,
      stories: run?.state.statistics.stories ?? 0,
      setAside: run?.state.statistics.setAside ?? 0,
      lostCalls: lost.length,
      lostAnswers: lost.filter(({ call }) => isAnswered(call)).length,
    };
  };
}

/** Events that no kill explains, and those that a disk which fails explains. */
const DEFECTS = ['uncaught', 'unforeseen'];
const DISK_FAILURES = ['holding', 'held_story', 'ledger_unwritable'];

/** Only kills tear lines, the log is that of one run, and tells of no defect. */
async function checkLog({ logDir, diskFails, tornLines }: TrialRecord, artifacts: Artifacts): Promise<Violation[]> {
  const { runs, log } = artifacts;
  const unexpected = diskFails ? DEFECTS : [...DEFECTS, ...DISK_FAILURES];
  const violations: Violation[] = [];
  for (const { file, number, record, rest, terminated } of log) {
    if ((record !== null && rest === '' && terminated) || tornLines.has(`${file}:${number}`)) continue;
    violations.push(violation('torn_log', `${file}:${number}`, '강제 종료와 관계없이 잘린 줄이 있습니다'));
  }
  for (const { event, run, fields } of recordsOf(artifacts)) {
    if (run !== null && run !== runs[0]?.id) violations.push(violation('log_of_other_run', event, run));
    if (unexpected.includes(event)) violations.push(violation('unexpected_event', event, String(fields.msg)));
  }
  const { workerFiles } = await listLogFiles(logDir);
  for (const file of await listFolder(logDir)) {
    if (!workerFiles.includes(join(logDir, file)))
      violations.push(violation('foreign_log', file, '작업자의 로그가 아닙니다'));
  }
  return violations;
}

/** A process that only has rejections makes as many calls as it may, and those that were in flight by then. */
function checkRejections(run: FoundRun, { maxRejected, concurrency, batchSize }: TrialShape): Violation[] {
  if (maxRejected === null) return [];
  const most = maxRejected - 1 + (batchSize ?? concurrency);
  return processesOf(run).flatMap(({ pid, attempts }) =>
    attempts.length <= most ? [] : [violation('paid_for_rejections', pid, `${attempts.length}번 (${most}번까지)`)],
  );
}

/** A run that is over has all its stories, and has left nothing in staging. */
async function checkRest(
  { outputDir, shape: { maxStories, maxTokens }, calls }: TrialRecord,
  { runs: [run], texts }: Artifacts,
  { attempts }: Reconciliation,
): Promise<Violation[]> {
  if (run === undefined) return [];
  const violations: Violation[] = [];
  const stories = texts.filter(({ location }) => location === 'stories').length;
  if (!run.state.over) violations.push(violation('not_over', run.id, '실행이 끝나지 않았습니다'));
  const isCapped = maxTokens !== null && endsOf(run).some(({ reason }) => reason === 'cap');
  if (stories > maxStories || (stories < maxStories && !isCapped)) {
    violations.push(violation('story_count', run.id, `${stories}편 (${maxStories}편이어야 함)`));
  }
  // Every answer that this process did not see leave has to be one of those that a kill cut off.
  const unseen = calls.filter((call) => call.text !== null && !call.sent).length;
  if (unseen > attempts.filter(({ outcome }) => outcome === null).length) {
    violations.push(violation('not_watched', run.id, '온전히 도착한 답을 시험이 보지 못했습니다'));
  }
  const staging = join(outputDir, '.staging');
  for (const left of await listFolder(staging)) {
    const files = await listFolder(join(staging, left));
    if (files.length > 0) {
      violations.push(violation('staging', left, `작업 폴더가 비어 있지 않습니다: ${files.join(', ')}`));
    }
  }
  return violations;
}
