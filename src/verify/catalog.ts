import { formatNumber } from '../lib/format-number.js';

/** The seed's five criteria, and the other groups of checks, in the order in which they are printed. */
export const CRITERIA = {
  folder: '폴더 전체',
  background_execution: '1. 백그라운드 실행',
  realtime_observability: '2. 실시간 관찰',
  output_continuity: '3. 출력의 연속성',
  graceful_shutdown: '4. 정상 종료',
  usage_reliability: '5. 사용량 기록',
  promises: '기타 항목',
} as const;

export type Criterion = keyof typeof CRITERIA;

/** The description of a check. */
export interface CheckDefinition {
  criterion: Criterion;
  /** Korean name of the check. */
  title: string;
  /** The seed's verification command that the check replaces; null where there is none. */
  command: string | null;
  /** Korean: what to do when it fails. Empty for a check that never fails. */
  advice: string;
}

const COUNT_STORIES = 'ls generated_stories/horror_story_*.md | wc -l';

/** All checks by code. The codes are a contract: scripts read them from the JSON output. */
export const CHECKS = {
  folder_pairs: {
    criterion: 'folder',
    title: '소설과 메타데이터의 수',
    command: '[ "$STORIES" -eq "$METADATA" ]',
    advice: '짝을 잃은 파일을 백업에서 되살리거나 폴더 밖으로 옮기세요',
  },
  folder_ledgers: {
    criterion: 'folder',
    title: '장부에 모두 기록됨',
    command: null,
    advice: '.runs의 장부를 백업에서 되살리세요. 다른 폴더에서 가져온 글이면 폴더 밖으로 옮기세요',
  },
  secrets: {
    criterion: 'folder',
    title: '노출된 키·토큰',
    command: null,
    advice: '새어 나온 키를 콘솔에서 폐기하고 새로 만든 뒤, 그 줄을 지우세요',
  },
  other_files: {
    criterion: 'folder',
    title: '다른 파일',
    command: 'ls generated_stories/ | wc -l',
    advice: '작업자의 것이 아닌 파일은 다른 곳에 두세요',
  },
  stray_processes: {
    criterion: 'folder',
    title: '실행을 맡지 못한 프로세스',
    command: null,
    advice: '',
  },
  ended_as_asked: {
    criterion: 'background_execution',
    title: '요청대로 끝남',
    command: null,
    advice: '최종 통계의 종료 사유와 attempt_failed 기록을 보고 원인을 고친 뒤 --resume으로 이어 하세요',
  },
  within_limits: {
    criterion: 'background_execution',
    title: '마감, 개수, 동시 편수의 제한',
    command: null,
    advice: '마감 뒤의 시작, 제한을 넘은 편수, 때 이른 끝은 작업자의 결함입니다. 로그와 장부를 보관하고 알려 주세요',
  },
  within_caps: {
    criterion: 'background_execution',
    title: '토큰과 비용의 상한',
    command: null,
    advice: '상한을 넘을 수 있는 호출을 한 것은 작업자의 결함입니다. 로그와 장부를 보관하고 알려 주세요',
  },
  within_day_budget: {
    criterion: 'background_execution',
    title: '하루의 상한',
    command: null,
    advice: '하루의 상한을 넘을 수 있는 소설을 시작한 것은 작업자의 결함입니다. 로그와 장부를 보관하고 알려 주세요',
  },
  within_active_hours: {
    criterion: 'background_execution',
    title: '소설을 시작하는 시간대',
    command: null,
    advice: '정한 시간대 밖에서 소설을 시작한 것은 작업자의 결함입니다. 로그와 장부를 보관하고 알려 주세요',
  },
  restarts: {
    criterion: 'background_execution',
    title: '다시 시작',
    command: null,
    advice: '',
  },
  log_complete: {
    criterion: 'realtime_observability',
    title: '프로세스마다 로그',
    command: 'tail -f logs/horror_story_*.log',
    advice: 'LOG_DIR가 실행 때와 같은지, 로그 파일이나 장부의 줄이 지워지지 않았는지 확인하세요',
  },
  log_lines: {
    criterion: 'realtime_observability',
    title: '로그의 모든 줄이 온전한 JSON 기록',
    command: null,
    advice: '로그 폴더에 다른 프로그램이 쓰지 않는지, 디스크가 가득 차지 않았는지 확인하세요',
  },
  story_records: {
    criterion: 'realtime_observability',
    title: '소설마다 시작과 저장의 기록',
    command: 'tail -f logs/horror_story_*.log',
    advice: '로그 줄이 지워지지 않았는지 확인하세요',
  },
  progress_seen: {
    criterion: 'realtime_observability',
    title: '쓰는 동안의 진행 기록',
    command: 'tail -f logs/horror_story_*.log',
    advice: '진행 기록(progress)이 없으면 작업자가 멈춘 것과 구별할 수 없습니다. HEARTBEAT_SECONDS와 로그를 확인하세요',
  },
  pairs: {
    criterion: 'output_continuity',
    title: '온전한 짝',
    command: COUNT_STORIES,
    advice: '파일을 백업에서 되살리세요. 강제 종료 뒤라면 npm start -- --resume이 마저 저장합니다',
  },
  checksums: {
    criterion: 'output_continuity',
    title: 'sha256',
    command: null,
    advice: '저장된 뒤에 바뀐 글입니다. 백업에서 되살리거나, 일부러 고쳤다면 폴더 밖으로 옮기세요',
  },
  frontmatter: {
    criterion: 'output_continuity',
    title: '머리말과 메타데이터의 일치',
    command: null,
    advice: '머리말이나 메타데이터를 손으로 고쳤다면 서로 맞추세요',
  },
  word_counts: {
    criterion: 'output_continuity',
    title: '글자 수',
    command: null,
    advice: '저장된 뒤에 바뀐 글입니다. 백업에서 되살리세요',
  },
  whole_stories: {
    criterion: 'output_continuity',
    title: '끝까지 온전한 소설',
    command: null,
    advice: '글을 열어 보고, 소설이 아니면 폴더 밖으로 옮기세요',
  },
  doubtful_stories: {
    criterion: 'output_continuity',
    title: '확인할 소설',
    command: null,
    advice: '',
  },
  unique_stories: {
    criterion: 'output_continuity',
    title: '내용 반복 없음',
    command: null,
    advice: '둘 가운데 하나는 복사본입니다. 장부에 없는 쪽을 폴더 밖으로 옮기세요',
  },
  sequence: {
    criterion: 'output_continuity',
    title: '순번',
    command: null,
    advice: '빠진 순번의 소설이 지워졌거나 메타데이터가 바뀌었습니다. 백업에서 되살리세요',
  },
  gaps: {
    criterion: 'output_continuity',
    title: '소설 사이의 최대 간격',
    command: null,
    advice: '그 시각의 로그를 보세요. 기계가 잠들었거나 시계가 바뀌었거나 작업자가 멈춰 있었습니다',
  },
  final_record: {
    criterion: 'graceful_shutdown',
    title: '최종 통계 기록',
    command: 'grep "실행 완료 - 최종 통계" logs/horror_story_*.log',
    advice: '강제 종료되었다면 npm start -- --resume으로 이어받아 끝내세요. 아니면 로그 줄이 지워진 것입니다',
  },
  final_is_last: {
    criterion: 'graceful_shutdown',
    title: '최종 통계가 마지막 줄',
    command: 'tail -50 logs/horror_story_*.log',
    advice: '최종 통계 뒤의 줄은 작업자의 결함이거나 다른 프로그램이 쓴 것입니다',
  },
  exit_code: {
    criterion: 'graceful_shutdown',
    title: '종료 코드',
    command: 'echo "Exit code: $?"',
    advice: '종료 사유에 맞는 코드가 아닙니다. 로그와 장부를 보관하고 알려 주세요',
  },
  stopped_in_time: {
    criterion: 'graceful_shutdown',
    title: '신호·마감 뒤 종료까지',
    command: null,
    advice: '쓰던 소설을 마치는 데 허용된 시간을 넘겼거나 신호의 기록이 없습니다. 그 시각의 로그를 보세요',
  },
  no_partial: {
    criterion: 'graceful_shutdown',
    title: '쓰다 만 파일 없음',
    command: null,
    advice: '.staging에 남은 것은 npm start -- --resume이 마저 저장하거나 치웁니다',
  },
  usage_known: {
    criterion: 'usage_reliability',
    title: '소설마다 사용량이나 경고',
    command: 'grep "토큰 사용량 정보 없음" logs/horror_story_*.log',
    advice: '사용량이 없는 소설에 경고도 없습니다. 메타데이터나 로그가 바뀌지 않았는지 확인하세요',
  },
  usage_matches: {
    criterion: 'usage_reliability',
    title: '메타데이터와 장부의 사용량',
    command: null,
    advice: '메타데이터나 장부가 바뀌었습니다. 백업에서 되살리세요',
  },
  totals: {
    criterion: 'usage_reliability',
    title: '합계: 소설들 = 장부 = 최종 통계',
    command: 'grep "총 토큰 사용량" logs/horror_story_*.log',
    advice: '세 곳 가운데 하나가 바뀌었습니다. 다른 줄의 FAIL이 어느 것인지 말해 줍니다',
  },
  ledger: {
    criterion: 'promises',
    title: '장부의 호출과 결과',
    command: null,
    advice: '장부의 줄이 지워졌거나 바뀌었습니다. 백업에서 되살리세요',
  },
  batches: {
    criterion: 'promises',
    title: '배치',
    command: null,
    advice:
      '배치의 기록이 장부에서 지워졌거나 작업자의 결함입니다. 콘솔의 배치 목록과 견주어 보고, 로그와 장부를 보관하고 알려 주세요',
  },
  ledger_texts: {
    criterion: 'promises',
    title: '장부와 폴더의 글',
    command: null,
    advice: '지운 글이면 되살리고, 장부에 없는 글이면 폴더 밖으로 옮기세요',
  },
  clean_log: {
    criterion: 'promises',
    title: '로그의 오류',
    command: 'grep -i "traceback\\|error" logs/horror_story_*.log | grep -v "토큰 사용량.*없음"',
    advice: '그 줄의 event와 err를 보세요. docs/runbook_24h_test.md의 Troubleshooting에 풀이가 있습니다',
  },
} as const satisfies Record<string, CheckDefinition>;

export type CheckCode = keyof typeof CHECKS;

/**
 * pass, fail: the promise holds, or does not. note: nothing is broken, but a reader should know. skip: the evidence is
 * missing, and the figure tells why.
 */
export type CheckStatus = 'pass' | 'fail' | 'note' | 'skip';

/** A place where a check found something: a line of the log, a story, a record of the ledger. */
export interface Place {
  where: string;
  /** Korean; empty where the place itself is enough. */
  message: string;
}

/** The result of a check. */
export interface CheckResult {
  code: CheckCode;
  status: CheckStatus;
  /** Korean: the result in numbers. */
  figure: string;
  /** At least the first of the places. */
  places: Place[];
  /** The number of all places. */
  count: number;
}

export function pass(code: CheckCode, figure: string): CheckResult {
  return { code, status: 'pass', figure, places: [], count: 0 };
}

export function note(code: CheckCode, figure: string, places: readonly Place[] = []): CheckResult {
  return { code, status: 'note', figure, places: [...places], count: places.length };
}

export function skip(code: CheckCode, reason: string): CheckResult {
  return { code, status: 'skip', figure: reason, places: [], count: 0 };
}

/** A check that fails at these places, and passes when there are none. */
export function failAt(code: CheckCode, figure: string, places: readonly Place[], count = places.length): CheckResult {
  if (count === 0) return pass(code, figure);
  return { code, status: 'fail', figure: `${figure}, 어긋남 ${formatNumber(count)}건`, places: [...places], count };
}
