import { formatNumber } from '../lib/format-number.js';
import { localIso } from '../lib/format-time.js';
import { CHECKS, type CheckResult, type CheckStatus, CRITERIA, type Criterion, type Place } from './catalog.js';
import { MAX_NAMED } from './log-check.js';
import type { Section, Verification } from './verify.js';

// The result of a verification as text for people and as JSON for scripts.

const STATUS_LABELS: Record<CheckStatus, string> = { pass: 'PASS', fail: 'FAIL', note: '알림', skip: 'SKIP' };

const RUN_STATUS_LABELS = { running: '진행 중', ended: '끝남', killed: '강제 종료됨' } as const;

/** Korean text: one line per check, grouped by criterion. */
export function toText({ folder, logDir, sections, wrongElsewhere }: Verification): string {
  const lines = [`소설 폴더 ${folder}`, `로그 폴더 ${logDir}`];
  for (const section of sections) lines.push('', ...sectionLines(section));
  if (wrongElsewhere > 0) {
    lines.push(
      '',
      `${STATUS_LABELS.note}  다른 실행에서 ${formatNumber(wrongElsewhere)}건이 어긋납니다 (--all로 볼 수 있습니다)`,
    );
  }
  const counts = countsOf(sections);
  const all = (Object.keys(STATUS_LABELS) as CheckStatus[]).map(
    (status) => `${STATUS_LABELS[status]} ${counts[status]}`,
  );
  lines.push('', `${counts.fail === 0 ? '모두 통과했습니다' : '통과하지 못한 항목이 있습니다'} - ${all.join(', ')}`);
  return `${lines.join('\n')}\n`;
}

function sectionLines({ run, checks }: Section): string[] {
  const lines =
    run === null
      ? []
      : [`실행 ${run.id} (${run.name}) - ${localIso(run.startedAt)} 시작, ${RUN_STATUS_LABELS[run.status]}`];
  let criterion: Criterion | null = null;
  for (const check of checks) {
    const definition = CHECKS[check.code];
    if (definition.criterion !== criterion) lines.push(CRITERIA[definition.criterion]);
    criterion = definition.criterion;
    const command = definition.command === null ? '' : `  ← ${definition.command}`;
    lines.push(
      `  ${STATUS_LABELS[check.status]}  ${definition.title}: ${check.figure}${command}`,
      ...placeLines(check),
    );
    if (check.status === 'fail' && definition.advice !== '') lines.push(`        → ${definition.advice}`);
  }
  return lines;
}

function placeLines({ places, count }: CheckResult): string[] {
  const named = places.slice(0, MAX_NAMED);
  const more = count - named.length;
  return [
    ...named.map(({ where, message }) => `        ${where}${message === '' ? '' : `: ${message}`}`),
    ...(more > 0 ? [`        … 외 ${formatNumber(more)}건`] : []),
  ];
}

function countsOf(sections: readonly Section[]): Record<CheckStatus, number> {
  const counts = { pass: 0, fail: 0, note: 0, skip: 0 };
  for (const { status } of sections.flatMap(({ checks }) => checks)) counts[status] += 1;
  return counts;
}

/** 1 when a check fails, otherwise 0. Notes and skipped checks do not count. */
export function exitCodeFor({ sections }: Verification): 0 | 1 {
  return countsOf(sections).fail === 0 ? 0 : 1;
}

/** The most places per check in the JSON output; its `count` is that of all. */
const MAX_IN_JSON = 100;

/** The JSON output. Its names and codes are a contract. */
export function toJson(verification: Verification): Record<string, unknown> {
  const { folder, logDir, sections, wrongElsewhere } = verification;
  return {
    ok: exitCodeFor(verification) === 0,
    folder,
    log_dir: logDir,
    counts: countsOf(sections),
    wrong_elsewhere: wrongElsewhere,
    sections: sections.map(({ run, checks }) => ({
      run: run?.id ?? null,
      ...(run === null
        ? {}
        : { run_name: run.name, started_at: new Date(run.startedAt).toISOString(), status: run.status }),
      checks: checks.map(({ code, status, figure, places, count }) => ({
        code,
        criterion: CHECKS[code].criterion,
        status,
        figure,
        command: CHECKS[code].command,
        count,
        places: places.slice(0, MAX_IN_JSON) satisfies Place[],
      })),
    })),
  };
}
