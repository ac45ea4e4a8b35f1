/**
 * Every setting of the worker: the one source of defaults, names, units and help. A convict schema; `text` formats
 * are in formats.ts.
 */
export const SETTINGS = {
  durationSeconds: {
    doc: '실행 지속 시간. 지나면 새 소설을 시작하지 않고, 쓰던 소설은 마칩니다. 0은 시간 제한 없음',
    unit: '초',
    format: 'seconds|null',
    default: null as number | null,
    env: 'DURATION_SECONDS',
    arg: 'duration-seconds',
  },
  maxStories: {
    doc: '생성할 최대 소설 개수. 0은 개수 제한 없음. 생략하면 1편, 단 지속 시간이 있으면 개수 제한 없음',
    unit: '편',
    format: 'count|null',
    default: null as number | null,
    env: 'MAX_STORIES',
    arg: 'max-stories',
  },
  intervalSeconds: {
    doc: '한 소설이 끝나고 다음 소설을 시작하기까지의 대기 시간',
    unit: '초',
    format: 'seconds',
    default: 0,
    env: 'INTERVAL_SECONDS',
    arg: 'interval-seconds',
  },
  maxConsecutiveFailures: {
    doc: '연달아 이만큼 실패하면 종료 코드 1로 끝냅니다. 0은 제한 없음',
    unit: '회',
    format: 'count',
    default: 5,
    env: 'MAX_CONSECUTIVE_FAILURES',
    arg: 'max-consecutive-failures',
  },
  maxTokensTotal: {
    doc: '실행 전체(다시 시작한 것 포함)에 쓸 토큰의 상한. 다음 호출이 넘을 수 있으면 끝냅니다',
    unit: '토큰',
    format: 'positive-count|null',
    default: null as number | null,
    env: 'MAX_TOKENS_TOTAL',
    arg: 'max-tokens-total',
  },
  maxCostUsd: {
    doc: '실행 전체(다시 시작한 것 포함)에 쓸 비용의 상한. 다음 호출이 넘을 수 있으면 끝냅니다',
    unit: '달러',
    format: 'dollars|null',
    default: null as number | null,
    env: 'MAX_COST_USD',
    arg: 'max-cost-usd',
  },
  priceInputUsd: {
    doc: '입력 100만 토큰의 가격. 두 가격을 함께 주면 config/models.json의 가격 대신 씁니다',
    unit: '달러',
    format: 'price|null',
    default: null as number | null,
    env: 'PRICE_INPUT_USD',
    arg: 'price-input-usd',
  },
  priceOutputUsd: {
    doc: '출력 100만 토큰의 가격',
    unit: '달러',
    format: 'price|null',
    default: null as number | null,
    env: 'PRICE_OUTPUT_USD',
    arg: 'price-output-usd',
  },
  resume: {
    doc: '끝나지 않은 지난 실행이 있으면 이어서 합니다: 같은 마감, 같은 개수, 같은 비용',
    unit: null,
    format: 'switch',
    default: false as boolean,
    env: 'RESUME',
    arg: 'resume',
  },
  newRun: {
    doc: '이어 할 실행이 있어도 새로 시작합니다',
    unit: null,
    format: 'switch',
    default: false as boolean,
    env: 'NEW_RUN',
    arg: 'new-run',
  },
  runName: {
    doc: '이어 할 실행을 찾는 이름. 생략하면 pm2의 앱 이름, 없으면 default',
    unit: null,
    format: 'text|null',
    default: null as string | null,
    env: 'RUN_NAME',
    arg: 'run-name',
  },
  author: {
    doc: '소설을 쓰는 쪽. auto는 키나 주소가 있으면 anthropic, 없으면 offline(내장 작가)',
    unit: null,
    format: ['auto', 'anthropic', 'offline'],
    default: 'auto' as 'auto' | 'anthropic' | 'offline',
    env: 'AUTHOR',
    arg: 'author',
  },
  anthropicApiKey: {
    doc: 'Anthropic API 키',
    unit: null,
    format: 'secret|null',
    default: null as string | null,
    sensitive: true,
    env: 'ANTHROPIC_API_KEY',
    arg: null,
  },
  anthropicAuthToken: {
    doc: 'API 키 대신 쓰는 인증 토큰. 키가 있으면 쓰지 않습니다',
    unit: null,
    format: 'secret|null',
    default: null as string | null,
    sensitive: true,
    env: 'ANTHROPIC_AUTH_TOKEN',
    arg: null,
  },
  anthropicBaseUrl: {
    doc: 'Messages API를 쓰는 다른 서버의 주소 (Ollama, llama.cpp, vLLM, LiteLLM 등). 끝에 /v1을 붙이지 않습니다',
    unit: null,
    format: 'base-url|null',
    default: null as string | null,
    env: 'ANTHROPIC_BASE_URL',
    arg: 'base-url',
  },
  model: {
    doc: '모델 이름',
    unit: null,
    format: 'text',
    default: 'claude-sonnet-5-5',
    env: 'CLAUDE_MODEL',
    arg: 'model',
  },
  maxTokens: {
    doc: '한 번의 답에 허용하는 최대 토큰. 모델이 생각하는 데 쓰는 토큰도 들어갑니다',
    unit: '토큰',
    format: 'positive-count',
    default: 16000,
    env: 'MAX_TOKENS',
    arg: 'max-tokens',
  },
  temperature: {
    doc: '값이 있을 때만 보냅니다. 지금의 Anthropic API는 받지 않으므로 로컬 서버에서만 쓰세요',
    unit: null,
    format: 'temperature|null',
    default: null as number | null,
    env: 'TEMPERATURE',
    arg: 'temperature',
  },
  cards: {
    doc: '내 소재 카드 파일(JSON: place, fear 등의 소재마다 글의 배열). 있는 카드에 더해집니다',
    unit: '파일',
    format: 'text|null',
    default: null as string | null,
    env: 'CARDS',
    arg: 'cards',
  },
  template: {
    doc: '소설 틀 파일(JSON: story_config, story_elements, writing_style, additional_requirements)',
    unit: '파일',
    format: 'text|null',
    default: null as string | null,
    env: 'TEMPLATE',
    arg: 'template',
  },
  request: {
    doc: '소설마다 덧붙일 자유로운 요청',
    unit: '문장',
    format: 'text|null',
    default: null as string | null,
    env: 'CUSTOM_REQUEST',
    arg: 'request',
  },
  minStoryCharacters: {
    doc: '이보다 짧은 답은 소설로 치지 않고 따로 보관합니다',
    unit: '자',
    format: 'count',
    default: 1000,
    env: 'MIN_STORY_CHARACTERS',
    arg: 'min-story-characters',
  },
  maxContinuations: {
    doc: '토큰 한도에서 잘린 글의 나머지를 몇 번까지 이어서 쓰게 할지. 0이면 바로 따로 보관합니다',
    unit: '회',
    format: 'count',
    default: 2,
    env: 'MAX_CONTINUATIONS',
    arg: 'max-continuations',
  },
  maxLikeness: {
    doc: '앞선 소설과 이보다 더 닮은 소설은 따로 보관합니다 (0에서 1, 글자 묶음이 겹치는 비율). 생략하면 경고만 합니다',
    unit: null,
    format: 'share|null',
    default: null as number | null,
    env: 'MAX_LIKENESS',
    arg: 'max-likeness',
  },
  outputDir: {
    doc: '소설을 저장할 폴더. 상대 경로는 프로젝트 폴더에서 시작합니다',
    unit: '폴더',
    format: 'text',
    default: 'generated_stories',
    env: 'OUTPUT_DIR',
    arg: 'output-dir',
  },
  logDir: {
    doc: '로그 파일을 둘 폴더',
    unit: '폴더',
    format: 'text',
    default: 'logs',
    env: 'LOG_DIR',
    arg: 'log-dir',
  },
  logLevel: {
    doc: '남길 로그의 최저 수준. 마지막 통계는 수준과 관계없이 남습니다',
    unit: null,
    format: ['debug', 'info', 'warn', 'error'],
    default: 'info' as 'debug' | 'info' | 'warn' | 'error',
    env: 'LOG_LEVEL',
    arg: 'log-level',
  },
  logFormat: {
    doc: '표준 출력의 형식. pretty는 읽기 좋은 줄, json은 파일과 같은 줄',
    unit: null,
    format: ['pretty', 'json'],
    default: 'pretty' as 'pretty' | 'json',
    env: 'LOG_FORMAT',
    arg: 'log-format',
  },
  logMaxSizeMb: {
    doc: '로그 파일 하나의 최대 크기. 넘으면 새 파일로 넘어갑니다 (날짜가 바뀔 때도 넘어갑니다)',
    unit: 'MB',
    format: 'positive-count',
    default: 20,
    env: 'LOG_MAX_SIZE_MB',
    arg: 'log-max-size-mb',
  },
  logKeepFiles: {
    doc: '보관할 로그 파일의 개수. 오래된 것부터 지웁니다',
    unit: '개',
    format: 'positive-count',
    default: 30,
    env: 'LOG_KEEP_FILES',
    arg: 'log-keep-files',
  },
  heartbeatSeconds: {
    doc: '터미널이 아닌 곳에서, 소설을 쓰는 동안 진행 상황을 남기는 간격',
    unit: '초',
    format: 'positive-seconds',
    default: 15,
    env: 'HEARTBEAT_SECONDS',
    arg: 'heartbeat-seconds',
  },
  requestIdleSeconds: {
    doc: '응답이 이만큼 멈춰 있으면 호출을 중단하고 다시 시도합니다',
    unit: '초',
    format: 'idle-seconds',
    default: 60,
    env: 'REQUEST_IDLE_SECONDS',
    arg: 'request-idle-seconds',
  },
  requestTimeoutSeconds: {
    doc: '한 번의 호출에 허용하는 전체 시간',
    unit: '초',
    format: 'call-seconds',
    default: 600,
    env: 'REQUEST_TIMEOUT_SECONDS',
    arg: 'request-timeout-seconds',
  },
  retryBaseSeconds: {
    doc: '실패 뒤 첫 대기 시간. 연달아 실패할 때마다 두 배가 됩니다',
    unit: '초',
    format: 'positive-seconds',
    default: 5,
    env: 'RETRY_BASE_SECONDS',
    arg: 'retry-base-seconds',
  },
  retryMaxSeconds: {
    doc: '실패 뒤 대기 시간의 상한 (API가 retry-after로 청한 시간은 그대로 따릅니다)',
    unit: '초',
    format: 'positive-seconds',
    default: 300,
    env: 'RETRY_MAX_SECONDS',
    arg: 'retry-max-seconds',
  },
  notifyCommand: {
    doc: '알릴 일(실행의 끝, 상한의 80%, 잇단 실패)이 있을 때 실행할 셸 명령. 표준 입력으로 JSON을 받습니다. 이 값은 로그에 남으니 비밀은 스크립트 파일에 두세요',
    unit: '명령',
    format: 'text|null',
    default: null as string | null,
    env: 'NOTIFY_COMMAND',
    arg: 'notify-command',
  },
  notifyFailures: {
    doc: '연달아 이만큼 실패하면 한 번 알립니다. 0이면 알리지 않습니다',
    unit: '회',
    format: 'count',
    default: 3,
    env: 'NOTIFY_FAILURES',
    arg: 'notify-failures',
  },
  offlineCharactersPerSecond: {
    doc: '내장 작가가 글을 써 내려가는 속도. 0은 한꺼번에',
    unit: '자/초',
    format: 'count',
    default: 1500,
    env: 'OFFLINE_CHARACTERS_PER_SECOND',
    arg: 'offline-characters-per-second',
  },
  completedExitCode: {
    doc: '요청대로 끝났을 때(제한 도달, 신호)의 종료 코드. pm2가 정상 종료와 강제 종료를 가려내게 합니다',
    unit: null,
    format: 'exit-code',
    default: 0,
    env: 'COMPLETED_EXIT_CODE',
    arg: 'completed-exit-code',
  },
} satisfies Record<string, Setting>;

/** One setting, as convict takes it, with what the help needs. */
export interface Setting {
  /** Korean, one sentence or two. */
  doc: string;
  /** Korean unit, or null where there is none. */
  unit: string | null;
  /** The name of a format, or the words allowed. */
  format: string | string[];
  default: string | number | boolean | null;
  env: string;
  /** The flag without its dashes; null for secrets, which a process list would show. */
  arg: string | null;
  sensitive?: boolean;
}

/** A switch is a flag without a value. */
export const isSwitch = ({ format }: Pick<Setting, 'format'>): boolean => format === 'switch';

export type SettingName = keyof typeof SETTINGS;
export type SettingValues = { -readonly [Name in SettingName]: (typeof SETTINGS)[Name]['default'] };

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];
