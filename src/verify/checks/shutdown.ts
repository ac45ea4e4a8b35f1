import { ExitCode } from '../../lib/errors.js';
import { formatNumber } from '../../lib/format-number.js';
import { clockTime, formatDuration } from '../../lib/format-time.js';
import { type CheckResult, failAt, note, type Place, pass, skip } from '../catalog.js';
import type { FinalRecord } from '../log-check.js';
import { type Life, workingLives } from '../processes.js';
import {
  isRotatedAway,
  logLivesOf,
  placesOf,
  type RunCase,
  sum,
  talkativeLives,
  tellingLives,
  whyUntold,
} from '../run-evidence.js';

// Criterion 4: a process that is told to stop, or has come to its limit, ends in good order.

export function checkShutdown(c: RunCase): CheckResult[] {
  return [checkFinal(c), checkLast(c), checkExitCode(c), checkInTime(c), checkPartial(c)];
}

function checkFinal(c: RunCase): CheckResult {
  const code = 'final_record';
  const lives = workingLives(c.lives).filter((life) => !isRotatedAway(c, life));
  if (lives.length === 0) return skip(code, whyUntold(c));
  const last = lives.at(-1);
  const places: Place[] = [];
  let finals = 0;
  for (const life of lives) {
    const found = life.log?.finals ?? [];
    finals += found.length;
    const where = `프로세스 ${life.owner?.pid ?? '?'} (${clockTime(life.at)} 시작)`;
    if (found.length > 1) places.push({ where, message: `최종 통계 ${found.length}개` });
    for (const final of found)
      if (!isComplete(final)) places.push({ where: final.where, message: '통계의 글이 없습니다' });
    if (found.length > 0) continue;
    if (life.end !== null) places.push({ where, message: '끝났는데 최종 통계가 없습니다' });
    else if (life === last && c.status !== 'running')
      places.push({ where, message: '강제 종료된 채 이어지지 않았습니다' });
  }
  if (places.length > 0) return failAt(code, `${formatNumber(finals)}건`, places);
  if (c.status === 'running') return skip(code, '진행 중');
  const again = finals > 1 ? `, 중단되거나 다시 말한 것 ${formatNumber(finals - 1)}건 포함` : '';
  if (c.status === 'killed') return note(code, `${formatNumber(finals)}건, 장부에 끝을 적기 전에 강제 종료`);
  return pass(code, `${formatNumber(finals)}건${again}`);
}

/** The words that the seed's commands look for. */
function isComplete({ fields: { msg } }: FinalRecord): boolean {
  return String(msg).includes('실행 완료 - 최종 통계') && String(msg).includes('총 토큰 사용량');
}

function checkLast(c: RunCase): CheckResult {
  const code = 'final_is_last';
  const lives = logLivesOf(c);
  if (lives.length === 0) return skip(code, whyUntold(c));
  const { places, count } = sum(lives.map(({ afterFinal }) => afterFinal));
  if (count > 0) return failAt(code, '최종 통계 뒤에 기록이 더 있음', places, count);
  if (c.status === 'running') return skip(code, '진행 중');
  const last = lives.reduce((latest, life) => (life.lastLine > latest.lastLine ? life : latest));
  const final = last.finals.at(-1);
  return final === undefined ? skip(code, '최종 통계가 없습니다') : pass(code, final.where);
}

/** The contract, by the reason in the record. `null`: the code that the settings name. */
const EXIT_CODES: Record<string, number | null> = {
  duration: null,
  count: null,
  cap: null,
  signal: null,
  aborted: ExitCode.aborted,
  refused: ExitCode.refused,
  exhausted: ExitCode.failed,
  uncaught: ExitCode.failed,
};

const ENDS_FOR_GOOD = new Set(['duration', 'count', 'cap']);

function checkExitCode(c: RunCase): CheckResult {
  const code = 'exit_code';
  const ended = workingLives(c.lives).flatMap((life) => (life.log?.finals ?? []).map((final) => ({ life, final })));
  if (ended.length === 0) return skip(code, c.status === 'running' ? '진행 중' : '최종 통계가 없습니다');
  const places: Place[] = [];
  for (const { life, final } of ended) {
    const { reason, exit_code: told, over } = final.fields;
    const wanted = EXIT_CODES[String(reason)];
    const promised = wanted === null ? life.log?.settings?.completedExitCode : wanted;
    const blame = (message: string) => places.push({ where: final.where, message });
    if (wanted === undefined) blame(`모르는 종료 사유 ${String(reason)}`);
    else if (promised !== undefined && told !== promised) blame(`${String(reason)}: ${String(told)} ≠ ${promised}`);
    if (over !== ENDS_FOR_GOOD.has(String(reason))) blame(`over: ${String(over)}`);
    if (life.end !== null && (life.end.reason !== reason || life.end.over !== over)) {
      blame(`장부의 끝은 ${life.end.reason}`);
    }
  }
  const last = ended.at(-1)?.final.fields;
  return failAt(code, `${String(last?.exit_code)} (${String(last?.reason)})`, places);
}

/** What is between the last story and the last line, in milliseconds: the disk, and a reader of standard output. */
const SLACK = 10_000;

function checkInTime(c: RunCase): CheckResult {
  const code = 'stopped_in_time';
  const places: Place[] = [];
  let longest: number | null = null;
  for (const { log, settings, at } of tellingLives(c)) {
    const final = log.finals.at(-1);
    if (final === undefined) continue;
    const { reason } = final.fields;
    const asked = log.events.find(({ event }) => event === 'stop_requested');
    if (reason === 'signal' && asked === undefined && isTalkative(c, at)) {
      places.push({
        where: final.where,
        message: '"SIGINT 수신 - 현재 작업 완료 후 종료합니다"와 같은 기록이 없습니다',
      });
    }
    const { durationMs } = settings.limits;
    const deadline = durationMs === null ? undefined : Math.max(at, c.run.ledger.begin.at + durationMs);
    const from = reason === 'signal' ? asked?.at : reason === 'duration' ? deadline : undefined;
    if (from === undefined) continue;
    const taken = Math.max(0, final.at - from);
    longest = Math.max(longest ?? 0, taken);
    const held = log.events.filter(({ event, at: when }) => event === 'holding' && when >= from);
    const allowed = settings.longestStoryMs + held.reduce((total, { seconds }) => total + (seconds ?? 0) * 1000, SLACK);
    if (taken > allowed) {
      places.push({ where: final.where, message: `${formatDuration(taken)} / 허용 ${formatDuration(allowed)}` });
    }
  }
  if (longest === null && places.length === 0) return skip(code, '신호로도 마감으로도 끝나지 않았습니다');
  return failAt(code, formatDuration(longest ?? 0), places);
}

function isTalkative(c: RunCase, at: Life['at']): boolean {
  return talkativeLives(c).some((life) => life.at === at);
}

function checkPartial(c: RunCase): CheckResult {
  const code = 'no_partial';
  const left = placesOf(c, 'half_published', 'leftover', 'torn_leftover');
  if (c.status === 'running') return skip(code, '진행 중');
  if (c.status === 'killed' && left.length > 0)
    return note(code, '강제 종료가 남긴 것이 있습니다 (다음 시작이 치웁니다)', left);
  return failAt(code, `${formatNumber(left.length)}개`, left);
}
