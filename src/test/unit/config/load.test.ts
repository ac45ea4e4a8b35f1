import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { toUsage } from '../../../api/usage.js';
import { describeConfig } from '../../../cli/help.js';
import { type Config, ConfigError, FROM_SCHEMA, loadConfig, type RawValues } from '../../../config/load.js';
import { checkCaps, chooseAuthor, choosePrice, toLimits } from '../../../config/run-plan.js';
import { SETTING_NAMES, SETTINGS } from '../../../config/settings.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { ROOT } from '../../helpers/processes.js';

/** A project folder with these files in it. */
function project(t: TestContext, files: Record<string, string | object> = {}): string {
  const root = temporaryFolder(t);
  mkdirSync(join(root, 'config'));
  for (const [path, content] of Object.entries(files)) {
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}

const load = (root: string, env: NodeJS.ProcessEnv = {}, flags: RawValues = {}) => loadConfig({ root, env, flags });

function problemOf(act: () => unknown): ConfigError {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof ConfigError, inspect(error));
    return error;
  }
  assert.fail('was accepted');
}

const COUNTS = ['maxStories', 'maxConsecutiveFailures', 'minStoryCharacters', 'offlineCharactersPerSecond'] as const;
const POSITIVE_COUNTS = ['maxTokens', 'maxTokensTotal', 'logMaxSizeMb', 'logKeepFiles'] as const;
const SECONDS = ['durationSeconds', 'intervalSeconds'] as const;
const POSITIVE_SECONDS = ['heartbeatSeconds', 'notifyHeartbeatSeconds', 'retryBaseSeconds', 'retryMaxSeconds'] as const;
const NO_NUMBERS = [
  '3abc',
  'abc',
  '-1',
  '-0.5',
  '',
  ' ',
  'NaN',
  '1e3',
  'Infinity',
  '0x10',
  '1,000',
  '.5',
  '5.',
  '+5',
  'null',
];

const BAD: [names: readonly (keyof typeof SETTINGS)[], values: string[]][] = [
  [COUNTS, [...NO_NUMBERS, '1.5', '99999999999999999999']],
  [POSITIVE_COUNTS, [...NO_NUMBERS, '1.5', '0']],
  [SECONDS, [...NO_NUMBERS, '10000000000.5', '99999999999']],
  [POSITIVE_SECONDS, [...NO_NUMBERS, '0', '0.0', '10000000001']],
  [['maxCostUsd'], [...NO_NUMBERS, '0', '$5']],
  [
    ['priceInputUsd', 'priceOutputUsd'],
    [...NO_NUMBERS, '$5'],
  ],
  [
    ['resume', 'newRun'],
    ['', 'yes', 'on', '2', 'truefalse'],
  ],

  [
    ['requestIdleSeconds', 'requestTimeoutSeconds'],
    [...NO_NUMBERS, '0', '7200.5', '7201'],
  ],
  [['requestFirstTextSeconds'], [...NO_NUMBERS, '10000000001']],
  [['completedExitCode'], [...NO_NUMBERS, '1.5', '256']],
  [['temperature'], [...NO_NUMBERS, '2.1']],
  [['author'], ['', 'Offline', 'claude']],
  [['logLevel'], ['', 'INFO', 'verbose', '30']],
  [['logFormat'], ['', 'yaml']],
  [['notifyEvents'], ['', 'run_end', 'run_ended;cap_near', 'run_ended,', 'none,run_ended', 'Run_Ended']],
  [
    ['model', 'outputDir', 'logDir'],
    ['', '  '],
  ],
  [
    ['anthropicApiKey', 'anthropicAuthToken'],
    ['sk ant', 'sk-ant-키', 'sk\nant', '“sk-ant”'],
  ],
  [
    ['anthropicBaseUrl'],
    [
      'localhost:11434',
      'api.anthropic.com',
      'ftp://host',
      'http://',
      'https://host/v1',
      'https://host/v1/',
      'https://host/api/v1',
      'https://host/v1/messages',
      'https://host/?key=1',
      'https://host/#top',
      'https://user@host',
      'https://user:password@host',
      'https://:password@host',
    ],
  ],
];

for (const [names, values] of BAD) {
  for (const name of names) {
    test(`a bad value for ${name} is refused in Korean, with its source`, (t) => {
      const { env, arg } = SETTINGS[name];
      for (const value of values) {
        const root = project(t);
        // In a variable, a blank value is one that was not given.
        if (value.trim() !== '') {
          const fromEnv = problemOf(() => load(root, { [env]: value }));
          assert.ok(fromEnv.message.startsWith(`환경 변수 ${env}: `), fromEnv.message);
          assert.match(fromEnv.message.slice(env.length + 7), /[가-힣]/);
        }
        if (arg !== null) {
          const { message } = problemOf(() => load(root, {}, { [name]: value }));
          assert.ok(message.startsWith(`--${arg}: `), message);
        }
        writeFileSync(join(root, 'config', 'local.json'), JSON.stringify({ [name]: value }));
        const { message } = problemOf(() => load(root));
        assert.ok(message.startsWith(`config/local.json: ${name}: `), message);
      }
    });
  }
}

test('a value of a wrong kind in a file is refused in Korean, with the file and the key', (t) => {
  const values = [true, false, -1, 1.5, [], [3], {}, { a: 1 }];
  for (const name of SETTING_NAMES) {
    for (const value of values) {
      if (typeof value === 'number' && !/count/.test(String(SETTINGS[name].format))) continue;
      if (typeof value === 'boolean' && SETTINGS[name].format === 'switch') continue;
      const { message } = problemOf(() => load(project(t, { 'config/default.json': { [name]: value } })));
      assert.ok(message.startsWith(`config/default.json: ${name}: `), message);
      assert.match(message, /[가-힣]/);
      assert.doesNotMatch(message, /declared|function|undefined/);
    }
  }
});

test('null in a file is "not given" where nothing is needed, and refused elsewhere', (t) => {
  assert.equal(load(project(t, { 'config/local.json': { maxStories: null } })).config.maxStories, null);
  const { message } = problemOf(() => load(project(t, { 'config/local.json': { intervalSeconds: null } })));
  assert.match(message, /^config\/local\.json: intervalSeconds: /);
});

test('the refused value is quoted back', (t) => {
  const { message } = problemOf(() => load(project(t), { MAX_STORIES: '3abc' }));
  assert.equal(message, '환경 변수 MAX_STORIES: 0 이상의 정수여야 합니다 (입력값: "3abc")');
});

test('a word that is not on the list is answered with the list', (t) => {
  const { message } = problemOf(() => load(project(t), { LOG_LEVEL: 'INFO' }));
  assert.match(message, /: debug, info, warn, error 중 하나여야 합니다 \(입력값: "INFO"\)$/);
});

test('good values are taken: fractions of a second, bounds, space around a value', (t) => {
  const { config } = load(project(t), {
    DURATION_SECONDS: '0.25',
    INTERVAL_SECONDS: ' 1.5 ',
    MAX_STORIES: '0',
    REQUEST_IDLE_SECONDS: '7200',
    REQUEST_FIRST_TEXT_SECONDS: '0',
    REQUEST_TIMEOUT_SECONDS: '7200',
    COMPLETED_EXIT_CODE: '255',
    TEMPERATURE: '2',
    ANTHROPIC_API_KEY: ' sk-ant-1234 ',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:11434/',
    OUTPUT_DIR: '/tmp/이야기 모음',
    HEARTBEAT_SECONDS: '10000000000',
    RESUME: 'TRUE',
    NEW_RUN: ' 0 ',
    MAX_COST_USD: '0.01',
    PRICE_INPUT_USD: '0',
    RUN_NAME: ' night ',
  });
  assert.equal(config.durationSeconds, 0.25);
  assert.equal(config.intervalSeconds, 1.5);
  assert.equal(config.maxStories, 0);
  assert.equal(config.requestIdleSeconds, 7200);
  assert.equal(config.requestFirstTextSeconds, 0);
  assert.equal(config.requestTimeoutSeconds, 7200);
  assert.equal(config.completedExitCode, 255);
  assert.equal(config.temperature, 2);
  assert.equal(config.anthropicApiKey?.reveal(), 'sk-ant-1234');
  assert.equal(config.anthropicBaseUrl, 'http://127.0.0.1:11434/');
  assert.equal(config.outputDir, '/tmp/이야기 모음');
  assert.equal(config.heartbeatSeconds, 10_000_000_000);
  assert.deepEqual([config.resume, config.newRun], [true, false]);
  assert.deepEqual([config.maxCostUsd, config.priceInputUsd, config.runName], [0.01, 0, 'night']);
});

test('with no layer at all every value is its default, and says so', (t) => {
  const { config, sources } = load(project(t));
  assert.equal(config.maxTokens, 16000);
  assert.equal(config.model, 'claude-sonnet-5-5');
  assert.deepEqual(new Set(Object.values(sources)), new Set([FROM_SCHEMA]));
});

test('later layers win: schema, default, profile, local, .env, environment, flags', (t) => {
  const root = project(t);
  const env: NodeJS.ProcessEnv = { NODE_ENV: 'night' };
  const flags: RawValues = {};
  const seen = () => {
    const { config, sources } = load(root, env, flags);
    return [config.maxTokens, sources.maxTokens];
  };
  assert.deepEqual(seen(), [16000, FROM_SCHEMA]);
  for (const [value, file] of [
    [1, 'default'],
    [2, 'night'],
    [3, 'local'],
  ] as const) {
    writeFileSync(join(root, 'config', `${file}.json`), JSON.stringify({ maxTokens: value }));
    assert.deepEqual(seen(), [value, `config/${file}.json`]);
  }
  writeFileSync(join(root, '.env'), 'MAX_TOKENS=4\n');
  assert.deepEqual(seen(), [4, '.env의 MAX_TOKENS']);
  env.MAX_TOKENS = '5';
  assert.deepEqual(seen(), [5, '환경 변수 MAX_TOKENS']);
  flags.maxTokens = '6';
  assert.deepEqual(seen(), [6, '--max-tokens']);
});

test('a layer changes what it names, and nothing else', (t) => {
  const root = project(t, {
    'config/default.json': { maxTokens: 100, intervalSeconds: 7 },
    'config/local.json': { maxTokens: 200 },
  });
  const { config, sources } = load(root, { LOG_LEVEL: 'warn' }, { model: 'm' });
  assert.deepEqual(
    [config.maxTokens, config.intervalSeconds, config.logLevel, config.model, config.minStoryCharacters],
    [200, 7, 'warn', 'm', 1000],
  );
  assert.equal(sources.intervalSeconds, 'config/default.json');
});

test('a bad value is refused also where a later layer would win', (t) => {
  const root = project(t, { 'config/default.json': { maxTokens: 'many' } });
  assert.match(problemOf(() => load(root, {}, { maxTokens: '5' })).message, /^config\/default\.json/);
});

test('a variable that is empty is one that was not given, whatever the setting: the layers below apply', (t) => {
  for (const name of SETTING_NAMES) {
    const { env, default: fallback } = SETTINGS[name];
    for (const empty of ['', '  ', '\t']) {
      const { config, sources } = load(project(t, { '.env': `${env}=\n` }), { [env]: empty });
      assert.equal(sources[name], FROM_SCHEMA, name);
      if (fallback === null) assert.equal(config[name], null, name);
    }
  }
  const below = project(t, { 'config/local.json': { maxStories: 7 }, '.env': 'MAX_STORIES=\nCLAUDE_MODEL=m\n' });
  const { config, sources } = load(below, { MAX_STORIES: '', CLAUDE_MODEL: ' ' });
  assert.deepEqual([config.maxStories, sources.maxStories], [7, 'config/local.json']);
  assert.deepEqual([config.model, sources.model], ['m', '.env의 CLAUDE_MODEL']);
});

test('an empty key in the environment does not hide the one in .env', (t) => {
  const root = project(t, { '.env': 'ANTHROPIC_API_KEY=sk-ant-dotenv\n' });
  const { config, sources } = load(root, { ANTHROPIC_API_KEY: '', ANTHROPIC_AUTH_TOKEN: '' });
  assert.equal(config.anthropicApiKey?.reveal(), 'sk-ant-dotenv');
  assert.equal(sources.anthropicApiKey, '.env의 ANTHROPIC_API_KEY');
  assert.equal(chooseAuthor(config).kind, 'anthropic');
});

test('a bad value of .env is refused with that place', (t) => {
  const root = project(t, { '.env': 'MAX_STORIES=3abc\n' });
  assert.match(problemOf(() => load(root)).message, /^\.env의 MAX_STORIES: 0 이상의 정수여야 합니다/);
});

test('ENV_FILE names another file than .env, which then has to be there', (t) => {
  const root = project(t, { '.env': 'MAX_STORIES=3\nMAX_TOKENS=100\n', 'second.env': 'MAX_STORIES=4\n' });
  const { config, sources } = load(root, { ENV_FILE: 'second.env' });
  assert.deepEqual([config.maxStories, sources.maxStories], [4, 'second.env의 MAX_STORIES']);
  assert.equal(config.maxTokens, 16000);
  assert.equal(load(root, { ENV_FILE: devNull }).config.maxStories, null);
  assert.equal(load(root, { ENV_FILE: ' ' }).config.maxStories, 3);
  const { message } = problemOf(() => load(root, { ENV_FILE: 'none.env' }));
  assert.ok(message.startsWith('환경 변수 ENV_FILE: 파일이 없습니다: ') && message.endsWith('none.env'), message);
});

test('.env may be written as shells set variables, on all systems', (t) => {
  const forms = ['export', 'set', 'SET', '  export ', 'set\t'].map((word) => `${word} `);
  for (const form of [...forms, '$env:', '$Env:', '']) {
    for (const end of ['\n', '\r\n', '']) {
      const root = project(t, { '.env': `# 설정${end || '\n'}${form}ANTHROPIC_API_KEY = "sk-ant-1"${end}` });
      assert.equal(load(root).config.anthropicApiKey?.reveal(), 'sk-ant-1', JSON.stringify([form, end]));
    }
  }
  const { config } = load(project(t, { '.env': 'CUSTOM_REQUEST=set 하나=둘\nRUN_NAME=export\n' }));
  assert.deepEqual([config.request, config.runName], ['set 하나=둘', 'export']);
});

test('a variable of .env with a mistyped name is said with the nearest one, and others are left alone', (t) => {
  const cases: [variable: string, meant: string | null][] = [
    ['MAX_STORY', 'MAX_STORIES'],
    ['ANTHROPIC_APIKEY', 'ANTHROPIC_API_KEY'],
    ['ANTHROPIC_KEY', 'ANTHROPIC_API_KEY'],
    ['CLAUDE_MODELS', 'CLAUDE_MODEL'],
    ['max_stories', 'MAX_STORIES'],
    ['API_KEY', 'ANTHROPIC_API_KEY'],
    ['NODE_ENVV', 'NODE_ENV'],
    ['MAX_STORIES', null],
    ['NODE_ENV', null],
    ['NO_PROXY', null],
    ['HTTPS_PROXY', null],
    ['COMPOSE_PROJECT_NAME', null],
    ['TZ', null],
  ];
  for (const [variable, meant] of cases) {
    const { warnings } = load(project(t, { '.env': `${variable}=3\n` }), { CLAUDE_MODELS: 'x', MAX_STORY: '1' });
    const wanted = `.env: 알 수 없는 변수라 쓰지 않습니다: ${variable}. 혹시 ${meant}인가요?`;
    assert.deepEqual(warnings, meant === null ? [] : [wanted]);
  }
  assert.match(describeConfig(load(project(t, { '.env': 'MAX_STORY=3\n' }))), /^주의: \.env: .*MAX_STORIES인가요\?$/m);
});

/** 한글, as Windows saves it as "ANSI". */
const CP949 = Buffer.from([0xc7, 0xd1, 0xb1, 0xdb]);

test('.env and the config files are read in UTF-8 and in UTF-16, and refused by name in CP949', (t) => {
  const toUtf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
  const dotEnv = 'ANTHROPIC_API_KEY=sk-ant-1\r\nCUSTOM_REQUEST=비 오는 밤\r\n';
  for (const encode of [
    toUtf16,
    (text: string) => toUtf16(text).swap16(),
    (text: string) => Buffer.from(`\ufeff${text}`),
  ]) {
    const root = project(t);
    writeFileSync(join(root, '.env'), encode(dotEnv));
    writeFileSync(join(root, 'config', 'local.json'), encode('{"runName": "밤"}'));
    const { config } = load(root);
    assert.deepEqual(
      [config.anthropicApiKey?.reveal(), config.request, config.runName],
      ['sk-ant-1', '비 오는 밤', '밤'],
    );
  }
  for (const file of ['.env', 'config/local.json']) {
    const root = project(t);
    writeFileSync(join(root, file), Buffer.concat([Buffer.from('# '), CP949]));
    const { message } = problemOf(() => load(root));
    assert.equal(
      message,
      `설정 파일을 읽을 수 없습니다: ${join(root, file)} (CP949/ANSI로 보입니다. UTF-8로 저장하세요)`,
    );
  }
});

test('.env may name the profile, and the environment another one', (t) => {
  const root = project(t, {
    '.env': 'NODE_ENV=night\n',
    'config/night.json': { maxTokens: 1 },
    'config/day.json': { maxTokens: 2 },
  });
  assert.equal(load(root).config.maxTokens, 1);
  assert.equal(load(root, { NODE_ENV: 'day' }).config.maxTokens, 2);
});

test('.env takes comments, quotes and a byte order mark', (t) => {
  const root = project(t, {
    '.env': '\ufeffANTHROPIC_API_KEY="sk-ant-1"\n# CLAUDE_MODEL=x\nCUSTOM_REQUEST=\'비 오는 밤 # 하나\'\n',
  });
  const { config } = load(root);
  assert.equal(config.anthropicApiKey?.reveal(), 'sk-ant-1');
  assert.equal(config.model, 'claude-sonnet-5-5');
  assert.equal(config.request, '비 오는 밤 # 하나');
});

test('a credential or an address that is empty is not given', (t) => {
  const { config } = load(project(t), {
    ANTHROPIC_API_KEY: '',
    ANTHROPIC_AUTH_TOKEN: '  ',
    ANTHROPIC_BASE_URL: '',
    TEMPLATE: '',
    CUSTOM_REQUEST: '',
  });
  assert.equal(config.anthropicApiKey, null);
  assert.equal(config.anthropicAuthToken, null);
  assert.equal(config.anthropicBaseUrl, null);
  assert.equal(config.template, null);
  assert.equal(config.request, null);
  assert.equal(chooseAuthor(config).kind, 'offline');
});

test('an unknown key in a file is refused by name, and the known ones are listed', (t) => {
  for (const key of ['maxStorys', 'MAX_STORIES', 'max-stories', 'toString', '__proto__']) {
    const root = project(t, { 'config/night.json': `{"${key}": 3}` });
    const { message } = problemOf(() => load(root, { NODE_ENV: 'night' }));
    assert.ok(message.startsWith(`config/night.json: 알 수 없는 설정: ${key} `), message);
    assert.match(message, /maxStories/);
  }
});

test('a file that is no JSON object is refused by name', (t) => {
  for (const content of ['', '{', '{"maxStories": 3,}', '[]', '3', 'null', '"text"']) {
    const { message } = problemOf(() => load(project(t, { 'config/local.json': content })));
    assert.match(message, /^config\/local\.json: (올바른 JSON이 아닙니다|JSON 객체여야 합니다)/, content);
  }
});

test('a file that cannot be read is refused by name', (t) => {
  const root = project(t);
  mkdirSync(join(root, 'config', 'local.json'));
  assert.match(problemOf(() => load(root)).message, /설정 파일을 읽을 수 없습니다: .*local\.json \(EISDIR\)/);
});

test('a NODE_ENV without a file of its own, or with a path in it, is no profile', (t) => {
  const root = project(t, { 'other.json': { maxTokens: 1 } });
  for (const NODE_ENV of ['test', '../other', '/etc/passwd', '']) {
    assert.equal(load(root, { NODE_ENV }).config.maxTokens, 16000);
  }
});

test('relative paths start in the project, whatever the working directory', (t) => {
  const root = project(t);
  const { config } = load(root, { TEMPLATE: 'my/template.json', LOG_DIR: '/var/log/stories' }, { outputDir: '../out' });
  assert.equal(config.template, join(root, 'my/template.json'));
  assert.equal(config.logDir, '/var/log/stories');
  assert.equal(config.outputDir, join(root, '..', 'out'));
  assert.equal(load(root).config.outputDir, join(root, 'generated_stories'));
});

const KEY = 'sk-ant-api03-verysecret';

test('a secret shows itself only when asked', (t) => {
  const loaded = load(project(t), { ANTHROPIC_API_KEY: KEY, ANTHROPIC_AUTH_TOKEN: KEY });
  const { anthropicApiKey } = loaded.config;
  assert.equal(anthropicApiKey?.reveal(), KEY);
  const shown = [
    JSON.stringify(loaded),
    String(anthropicApiKey),
    `${anthropicApiKey}`,
    inspect(loaded, { depth: null, showHidden: true }),
    inspect(anthropicApiKey, { depth: null, showHidden: true }),
    JSON.stringify({ ...loaded.config }),
    Object.values(anthropicApiKey ?? {}).join(),
    describeConfig(loaded),
  ];
  for (const text of shown) assert.doesNotMatch(text, /verysecret/);
  assert.equal(inspect(anthropicApiKey), '***');
  assert.match(describeConfig(loaded), /^anthropicApiKey = "\*\*\*" {2}\(환경 변수 ANTHROPIC_API_KEY\)$/m);
});

test('no error shows a secret, not in its message and not in its cause', (t) => {
  const attempts: [files: Record<string, string | object>, env: NodeJS.ProcessEnv][] = [
    [{}, { ANTHROPIC_API_KEY: `${KEY} 키` }],
    [{ '.env': `ANTHROPIC_AUTH_TOKEN="${KEY}\nrest"` }, {}],
    [{ 'config/local.json': { anthropicApiKey: `${KEY} ${KEY}` } }, {}],
    [{ 'config/local.json': { anthropicApiKey: [KEY] } }, {}],
    [{ 'config/local.json': { anthropicApiKey: { [KEY]: KEY } } }, {}],
    [{ 'config/local.json': `{"anthropicApiKey":${KEY}}` }, {}],
    [{ 'config/local.json': `{"anthropicApiKey": '${KEY}'}` }, {}],
    [{ 'config/local.json': `{"anthropicApiKey": "${KEY}" "model": "x"}` }, {}],
    [{}, { ANTHROPIC_BASE_URL: `https://user:${KEY}@host` }],
    [{}, { ANTHROPIC_BASE_URL: `https://user:a/b@${KEY}@host` }],
    [{}, { ANTHROPIC_BASE_URL: `user:${KEY}@host` }],
  ];
  for (const [files, env] of attempts) {
    const problem = problemOf(() => load(project(t, files), env));
    assert.doesNotMatch(inspect(problem, { depth: null, showHidden: true }), /sk-ant|verysecret/);
  }
});

test('the limits of the loop mean what the flags say', (t) => {
  const root = project(t);
  const DAY = 86_400_000;
  const cases: [name: string, env: NodeJS.ProcessEnv, durationMs: number | null, maxStories: number | null][] = [
    ['neither is one story', {}, null, 1],
    ['a duration is not cut at one story', { DURATION_SECONDS: '86400' }, DAY, null],
    ['a count', { MAX_STORIES: '5' }, null, 5],
    ['both', { DURATION_SECONDS: '86400', MAX_STORIES: '5' }, DAY, 5],
    ['0 stories is no count limit', { MAX_STORIES: '0' }, null, null],
    ['0 stories beside a duration', { DURATION_SECONDS: '86400', MAX_STORIES: '0' }, DAY, null],
    ['0 seconds is no time limit', { DURATION_SECONDS: '0' }, null, null],
    ['0 seconds beside a count', { DURATION_SECONDS: '0', MAX_STORIES: '5' }, null, 5],
    ['half a second', { DURATION_SECONDS: '0.5' }, 500, null],
  ];
  for (const [name, env, durationMs, maxStories] of cases) {
    const limits = toLimits(load(root, env).config);
    assert.deepEqual([limits.durationMs, limits.maxStories], [durationMs, maxStories], name);
  }
  const { intervalMs, maxConsecutiveFailures } = toLimits(load(root, { INTERVAL_SECONDS: '1.5' }).config);
  assert.deepEqual([intervalMs, maxConsecutiveFailures], [1500, 5]);
  assert.equal(toLimits(load(root, { MAX_CONSECUTIVE_FAILURES: '0' }).config).maxConsecutiveFailures, null);
});

const NEEDS_SOMETHING = /ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_BASE_URL/;

test('the author follows from what is given', (t) => {
  const root = project(t);
  const key = { ANTHROPIC_API_KEY: KEY };
  const token = { ANTHROPIC_AUTH_TOKEN: KEY };
  const url = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:11434' };
  const cases: [env: NodeJS.ProcessEnv, provider: string | null][] = [
    [{}, 'offline'],
    [key, 'anthropic'],
    [token, 'anthropic'],
    [url, '127.0.0.1:11434'],
    [{ ...key, ...url }, '127.0.0.1:11434'],
    [{ ...key, ANTHROPIC_BASE_URL: 'https://api.anthropic.com/' }, 'anthropic'],
    [{ ...key, ANTHROPIC_BASE_URL: 'https://gateway.example.com/claude' }, 'gateway.example.com'],
    [{ AUTHOR: 'offline' }, 'offline'],
    [{ AUTHOR: 'offline', ...key, ...url }, 'offline'],
    [{ AUTHOR: 'anthropic', ...key }, 'anthropic'],
    [{ AUTHOR: 'anthropic', ...token }, 'anthropic'],
    [{ AUTHOR: 'anthropic', ...url }, '127.0.0.1:11434'],
    [{ AUTHOR: 'anthropic' }, null],
  ];
  for (const [env, provider] of cases) {
    const { config } = load(root, env);
    if (provider === null) {
      assert.match(problemOf(() => chooseAuthor(config)).message, NEEDS_SOMETHING);
    } else {
      const kind = provider === 'offline' ? 'offline' : 'anthropic';
      assert.deepEqual(chooseAuthor(config), { kind, provider }, JSON.stringify(env));
    }
  }
});

const CLAUDE = { kind: 'anthropic', provider: 'anthropic' } as const;
const OFFLINE = { kind: 'offline', provider: 'offline' } as const;
const LIST_PRICE = { input: 2, output: 10 };

test('the price is the one that is given, else the list price, else nothing for the offline author', (t) => {
  const root = project(t);
  const given = { PRICE_INPUT_USD: '0.5', PRICE_OUTPUT_USD: '1.5' };
  const free = { PRICE_INPUT_USD: '0', PRICE_OUTPUT_USD: '0' };
  const cases: [env: NodeJS.ProcessEnv, author: typeof CLAUDE | typeof OFFLINE, listed: boolean, price: unknown][] = [
    [{}, CLAUDE, true, LIST_PRICE],
    [{}, CLAUDE, false, null],
    [{}, OFFLINE, false, { input: 0, output: 0 }],
    [given, CLAUDE, true, { input: 0.5, output: 1.5 }],
    [given, CLAUDE, false, { input: 0.5, output: 1.5 }],
    [given, OFFLINE, false, { input: 0.5, output: 1.5 }],
    [free, CLAUDE, true, { input: 0, output: 0 }],
  ];
  for (const [env, author, listed, price] of cases) {
    const { config } = load(root, env);
    assert.deepEqual(choosePrice(config, author, listed ? LIST_PRICE : null), price, JSON.stringify([env, author]));
  }
});

test('half a price is refused, and both names are said', (t) => {
  const root = project(t);
  for (const env of [{ PRICE_INPUT_USD: '2' }, { PRICE_OUTPUT_USD: '0' }]) {
    for (const author of [CLAUDE, OFFLINE]) {
      const { message } = problemOf(() => choosePrice(load(root, env).config, author, LIST_PRICE));
      assert.match(message, /PRICE_INPUT_USD.*PRICE_OUTPUT_USD/);
    }
  }
});

test('a cap has to leave room for one call, and a cap on costs needs a price', () => {
  /** 20,000 tokens, 0.168 dollars. */
  const call = toUsage(4000, 16_000);
  const cases: [
    tokens: number | null,
    costUsd: number | null,
    price: typeof LIST_PRICE | null,
    words: RegExp | null,
  ][] = [
    [null, null, null, null],
    [20_000, null, null, null],
    [19_999, null, null, /^MAX_TOKENS_TOTAL: .*20000토큰.*MAX_TOKENS/],
    [null, 0.168, LIST_PRICE, null],
    [null, 0.1679, LIST_PRICE, /^MAX_COST_USD: .*0\.1680달러.*MAX_TOKENS/],
    [null, 1000, null, /^MAX_COST_USD: some-model의 가격을 모릅니다.*PRICE_INPUT_USD/],
    [null, 0.01, { input: 0, output: 0 }, null],
    [19_999, 0.0001, LIST_PRICE, /^MAX_TOKENS_TOTAL/],
  ];
  for (const [tokens, costUsd, price, words] of cases) {
    const check = () => checkCaps({ tokens, costUsd }, call, price, 'some-model');
    if (words === null) check();
    else assert.match(problemOf(check).message, words);
  }
});

test('the production profile that we ship is the night of 24 hours', (t) => {
  const root = project(t);
  copyFileSync(join(ROOT, 'config', 'production.json'), join(root, 'config', 'production.json'));
  const { config, sources } = load(root, { NODE_ENV: 'production' });
  assert.deepEqual(toLimits(config), {
    durationMs: 86_400_000,
    maxStories: null,
    intervalMs: 1_800_000,
    maxConsecutiveFailures: null,
    maxRejectedInARow: 5,
    concurrency: 1,
  });
  assert.equal(config.completedExitCode, 10);
  assert.equal(config.resume, true);
  assert.equal(sources.durationSeconds, 'config/production.json');
  const shell: Config = load(root, { NODE_ENV: 'production', DURATION_SECONDS: '60' }).config;
  assert.equal(shell.durationSeconds, 60);
});
