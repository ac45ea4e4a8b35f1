/** Something about a file or a run that breaks a promise, or that a reader should know. */
export interface Finding {
  code: FindingCode;
  /** wrong: a promise is broken. note: a crash or a person can leave this, and nothing is lost. */
  severity: 'wrong' | 'note';
  /** File below the story folder, name of a pair, or id of a run. */
  where: string;
  /** Id of the run that it belongs to; null when it is not known. */
  run: string | null;
  /** Korean. */
  message: string;
}

export type FindingCode = keyof typeof MESSAGES;

const MESSAGES = {
  foreign: '소설도 메타데이터도 아닌 파일입니다',
  missing_metadata: '메타데이터가 없는 소설입니다',
  missing_text: '소설이 없는 메타데이터입니다',
  half_published: '메타데이터만 옮겨지고 소설은 아직 작업 폴더에 있습니다',
  leftover: '작업 폴더에 남아 있습니다',
  torn_leftover: '작업 폴더에 온전하지 않은 것이 남아 있습니다',
  unreadable_metadata: '메타데이터를 읽을 수 없습니다',
  metadata_key: '메타데이터에 있어야 할 항목이 없습니다',
  checksum: 'sha256이 소설과 맞지 않습니다',
  frontmatter: '소설의 머리말(frontmatter)이 없거나 메타데이터와 다릅니다',
  word_count: '글자 수가 본문과 다릅니다',
  not_whole: '온전한 소설이 아닙니다',
  same_text: '같은 본문이 다른 이름으로 또 있습니다',
  secret: '키나 토큰으로 보이는 것이 들어 있습니다',
  twice: '같은 것이 두 군데에 있습니다',
  sequence: '순번이 1부터 하나씩 이어지지 않습니다',
  wrong_folder: '장부와 다른 폴더에 있습니다',
  no_ledger: '그 실행의 장부가 없습니다',
  not_in_ledger: '장부에 없는 글입니다',
  not_on_disk: '장부에는 있으나 디스크에 없는 글입니다',
  usage: '사용량이나 비용이 장부와 다릅니다',
  totals: '장부의 합계가 글들의 합계와 다릅니다',
  doubts: '의심스러운 점의 기록이 장부와 메타데이터에서 다릅니다',
  doubtful: '저장했지만 의심스러운 점이 있습니다',
  metadata_value: '메타데이터의 값이 정해진 형식이 아닙니다',
  outcome_without_call: '장부에 호출 없이 결과만 있습니다',
  call_without_outcome: '끊기지 않은 프로세스의 호출인데 장부에 결과가 없습니다',
  call_given_up: '종료 신호 뒤에 결과를 장부에 적지 못한 호출입니다',
  part_order: '이어 쓴 글과 잘린 글이 맞지 않습니다',
  batch_order: '배치의 기록이 순서에 맞지 않습니다',
  batch_twice: '한 배치를 두 번 만들었습니다',
  batch_replaced: '만든 배치를 다른 배치로 바꾸었습니다',
  batch_without_results: '배치가 끝났는데 결과를 모르는 호출이 있습니다',
  batch_cut_off: '배치를 장부에 적던 중에 강제 종료되었습니다',
  batch_count: '끝의 기록이 나가 있는 배치의 수와 다릅니다',
  attempt_number: '장부의 호출 번호가 이어지지 않습니다',
  torn_ledger: '장부에 읽을 수 없는 줄이 있습니다',
  unreadable_ledger: '장부의 첫 줄을 읽을 수 없습니다',
} as const;

/** A record of a ledger that does not fit those before it. */
export interface Misfit {
  code: FindingCode;
  /** Default: wrong. */
  severity?: Finding['severity'];
  /** Korean. */
  detail: string;
}

/** Optional parts of a finding. */
export interface FindingDetails {
  /** Default: wrong. */
  severity?: Finding['severity'];
  /** Default: null. */
  run?: string | null;
  /** Korean; added to the message in parentheses. */
  detail?: string;
}

/** Adds a finding; the checks of a folder take it as a callback. */
export type AddFinding = (code: FindingCode, where: string, details?: FindingDetails) => void;

/** A list of findings, and the callback that fills it. */
export function collectFindings(): { findings: Finding[]; addFinding: AddFinding } {
  const findings: Finding[] = [];
  return {
    findings,
    addFinding: (code, where, { severity = 'wrong', run = null, detail = '' } = {}) => {
      findings.push({
        code,
        severity,
        where,
        run,
        message: `${MESSAGES[code]}${detail === '' ? '' : ` (${detail})`}`,
      });
    },
  };
}
