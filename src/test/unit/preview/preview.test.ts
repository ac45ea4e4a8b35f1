import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import { loadConfig, type RawValues } from '../../../config/load.js';
import { UserError } from '../../../lib/errors.js';
import { previewRun } from '../../../preview/preview.js';
import { previewText } from '../../../preview/text.js';
import { appendRecord, type BeginRecord, type LedgerRecord, ledgerPath } from '../../../run/ledger.js';
import { keepStory } from '../../helpers/books.js';
import { seededRandom, storyMetadata, temporaryFolder } from '../../helpers/fakes.js';
import { begin, folderWith } from '../../helpers/folders.js';
import { attempt, DEAD, ME, story } from '../../helpers/records.js';
import { NOON } from '../../helpers/statuses.js';

const HOUR = 3_600_000;
/** A run that began an hour ago: its id says so. */
const RUN = `run_${new Date(NOON - HOUR).toISOString().replace(/\D/g, '')}_aaaaaa`;
const KEY = { ANTHROPIC_API_KEY: 'test-key-1234567890' };
const MODEL = 'claude-sonnet-5-5';
const BY_MODEL = { model: MODEL, config: { ...storyMetadata().config, model: MODEL } };

interface Given {
  folder: string;
  flags?: RawValues;
  env?: NodeJS.ProcessEnv;
  supervisor?: { name: string | undefined; token: string | undefined } | null;
}

const preview = (t: TestContext, { folder, flags = {}, env = KEY, supervisor = null }: Given) =>
  previewRun(loadConfig({ root: temporaryFolder(t), env: { OUTPUT_DIR: folder, ...env }, flags }), {
    now: () => NOON,
    random: seededRandom(1),
    env,
    supervisor,
  });

async function told(t: TestContext, given: Given): Promise<string> {
  return previewText(await preview(t, given));
}

/** Ten stories of 5,000 to 5,900 output tokens, a minute each. */
async function withHistory(t: TestContext, ...ledgers: [BeginRecord, ...LedgerRecord[]][]): Promise<string> {
  const folder = await folderWith(t, ...ledgers);
  for (let each = 0; each < 10; each++) {
    const usage = toUsage(1000, 5000 + 100 * each);
    await keepStory(folder, '# 글\n\n글.', NOON - HOUR + each, { ...BY_MODEL, usage, duration_ms: 60_000 });
  }
  return folder;
}

test('says who writes, where, until when, and within which caps', async (t) => {
  const flags = {
    durationSeconds: '7200',
    intervalSeconds: '600',
    maxCostUsd: '5',
    maxTokensPerDay: '1000000',
    activeHours: '22:00-06:00',
  };
  const text = await told(t, { folder: temporaryFolder(t), flags: { ...flags, fallbackModels: 'claude-opus-5-5' } });
  for (const line of [
    `작가: ${MODEL} (anthropic)`,
    '대신 쓸 모델: claude-opus-5-5',
    '주소: https://api.anthropic.com',
    '인증: ANTHROPIC_API_KEY',
    '가격: 100만 토큰에 입력 $2.00, 출력 $10.00',
    '상한을 셈하는 가격: 가장 비싼 모델의 입력 $4.00, 출력 $20.00',
    '한 번의 답: 최대 16,000토큰',
    '개수: 제한 없음',
    '방식: 동시에 1편, 간격 10분 0초',
    '상한: $5.00',
    '하루 상한: 1,000,000토큰 (닿으면 자정까지 쉽니다)',
    '시간대: 22:00-06:00 (그 밖의 시간에는 쉽니다)',
  ]) {
    assert.ok(text.includes(`\n  ${line}\n`), `${line}\n\n${text}`);
  }
  assert.match(text, /\n {2}시간: 2시간 0분 \(\d{4}-\d\d-\d\d \d\d:\d\d까지\)\n/);
});

test('another address is shown, and no key', async (t) => {
  const env = {
    ...KEY,
    ANTHROPIC_AUTH_TOKEN: 'token-1234567890',
    ANTHROPIC_BASE_URL: 'http://gateway.example:8080/api',
  };
  const text = await told(t, { folder: temporaryFolder(t), env });
  assert.ok(text.includes('작가: claude-sonnet-5-5 (gateway.example:8080)\n  주소: http://gateway.example:8080/api\n'));
  assert.doesNotMatch(text, /test-key|token-1234/);
  assert.match(
    await told(t, { folder: temporaryFolder(t), env: { ANTHROPIC_AUTH_TOKEN: 'token-1234567890' } }),
    /인증: ANTHROPIC_AUTH_TOKEN\n/,
  );
});

test('the built-in author is named as such', async (t) => {
  const text = await told(t, { folder: temporaryFolder(t), env: {} });
  assert.match(text, /작가: 내장 작가\(offline\) - API를 쓰지 않으며, Claude가 쓴 소설이 아닙니다\n/);
});

test('shows the whole prompt as it would be sent: a premise, the recent stories of the folder, the request', async (t) => {
  const folder = temporaryFolder(t);
  const name = await keepStory(folder, '# 지난 글\n\n글.', NOON, { title: '지난 글', opening: '지난 첫 문장.' });
  const records = [{ ...begin('run_1', DEAD) }, attempt(), story({ name })];
  for (const record of records) await appendRecord(ledgerPath(folder, 'run_1'), record, []);
  const seen = await preview(t, { folder, flags: { request: '고양이가 나온다' } });
  for (const part of [
    '지난 글',
    '지난 첫 문장.',
    '고양이가 나온다',
    ...Object.values(seen.premise).map(({ text }) => text),
  ]) {
    assert.ok(seen.prompt.user.includes(part), part);
  }
  const text = previewText(seen);
  assert.ok(text.includes(`자)\n${seen.prompt.system}\n\n`) && text.endsWith(`자)\n${seen.prompt.user}\n`));
  for (const { axis, label } of seen.plan.axes) assert.ok(text.includes(`  ${label}: ${seen.premise[axis].text}\n`));
});

test('without a story of that model, says the most that it can come to', async (t) => {
  const flags = { durationSeconds: '86400', intervalSeconds: '1800' };
  const seen = await preview(t, { folder: temporaryFolder(t), flags });
  const { costUsd } = seen.callAtMost;
  assert.ok(costUsd !== null);
  assert.equal(seen.forecast, null);
  const text = previewText(seen);
  assert.match(text, /아직 없어, 가장 많이 들 때만 셈합니다/);
  assert.match(text, /소설의 수: 많아야 48편\n {2}비용: 많아야 \$\d/);
  const [, said] = /비용: 많아야 \$([\d.,]+)/.exec(text) ?? [];
  assert.ok(Math.abs(Number(said) - 48 * costUsd) < 0.0001);
  assert.match(
    previewText(await preview(t, { folder: temporaryFolder(t), flags: { ...flags, maxCostUsd: '3' } })),
    /비용: 많아야 \$3\.00/,
  );
  const open = await told(t, { folder: temporaryFolder(t), flags: { durationSeconds: '86400' } });
  assert.match(open, /소설의 수: 한 편에 걸리는 시간을 몰라 어림할 수 없습니다/);
  assert.doesNotMatch(open, /비용: 많아야/);
});

test('with stories of that model, says what one costs, and how many there will be for how much', async (t) => {
  const folder = await withHistory(t);
  const text = await told(t, { folder, flags: { durationSeconds: '86400', intervalSeconds: '1740' } });
  assert.match(text, /소설 10편이 있어, 그것으로 어림합니다 \(생각에 쓴 토큰 포함\)\.\n/);
  assert.match(
    text,
    /한 편의 중앙값: 6,400토큰, \$0\.056, 1분 0초\n {2}한 편의 최댓값: 6,900토큰, \$0\.061, 1분 0초\n/,
  );
  assert.match(
    text,
    /소설 약 48편, 309,600토큰, \$2\.712 \(모두 가장 비싸다면 331,200토큰, \$2\.928\)\n {2}끝나는 까닭: 실행 시간 제한 도달\n/,
  );
});

test('what is set aside makes the saved stories dearer', async (t) => {
  const folder = await withHistory(t);
  const cheap = await preview(t, { folder, flags: { maxStories: '10' } });
  const aside = join(folder, '.set-aside');
  const name = await keepStory(aside, '글', NOON, { ...BY_MODEL, usage: toUsage(1000, 4000), duration_ms: 60_000 });
  assert.ok(existsSync(join(aside, `${name}.md`)));
  const dear = await preview(t, { folder, flags: { maxStories: '10' } });
  assert.equal(dear.forecast?.tokens, (cheap.forecast?.tokens ?? 0) + 5000);
  assert.match(previewText(dear), /따로 보관한 글 1건까지 치면 저장된 한 편에 6,950토큰, \$0\.0607\n/);
});

test('a batch costs half, and its stories come together', async (t) => {
  const folder = await withHistory(t);
  const [single, batch] = [
    await preview(t, { folder, flags: { maxStories: '10' } }),
    await preview(t, { folder, flags: { maxStories: '10', batchSize: '10' } }),
  ];
  assert.equal(2 * (batch.forecast?.costUsd ?? 0), single.forecast?.costUsd);
  assert.equal((batch.forecast?.endsAt ?? 0) - NOON, 24 * HOUR);
  assert.match(
    previewText(batch),
    /배치에 10편씩, 값은 절반[\s\S]*배치 하나에 걸린 시간: 기록이 없어 24시간으로 칩니다/,
  );
});

test('names the cap that would end the run first', async (t) => {
  const folder = await withHistory(t);
  const flags = { maxStories: '1000', maxCostUsd: '1' };
  const text = await told(t, { folder, flags });
  assert.match(text, /소설 약 15편, 96,750토큰, \$0\.8475\n {2}끝나는 까닭: 비용 상한 도달\n/);
});

test('today’s use of the folder counts towards a cap per day', async (t) => {
  const usage = toUsage(0, 50_000);
  const ledger: [BeginRecord, ...LedgerRecord[]] = [
    begin('run_1', DEAD),
    attempt(),
    story({ at: NOON - 1000, usage, cost_usd: 0.5 }),
  ];
  const [fresh, used] = [await withHistory(t), await withHistory(t, ledger)];
  const stories = async (folder: string) =>
    (await preview(t, { folder, flags: { durationSeconds: '3600', maxTokensPerDay: '100000' } })).forecast?.stories;
  assert.deepEqual([await stories(fresh), await stories(used)], [13, 5]);
});

test('says which run would be resumed, with its deadline and its counts, and which would not', async (t) => {
  const killed: [BeginRecord, ...LedgerRecord[]] = [
    { ...begin(RUN, DEAD, NOON - HOUR), run_name: 'default' },
    attempt(),
    story({ usage: toUsage(1000, 2000) }),
  ];
  const folder = await withHistory(t, killed);
  const flags = { durationSeconds: '7200', resume: true };
  const resumed = await preview(t, { folder, flags });
  assert.deepEqual([resumed.resumed?.id, resumed.deadline], [RUN, NOON + HOUR]);
  assert.match(previewText(resumed), /실행: 이어서 합니다 \(run_\d{17}_aaaaaa\) - .* 시작, 소설 1편, 3,000토큰\n/);
  assert.equal((await preview(t, { folder, flags: { ...flags, maxStories: '3' } })).forecast?.stories, 2);
  for (const others of [{ resume: false }, { newRun: true }, { runName: 'other' }, { durationSeconds: '3600' }]) {
    const seen = await preview(t, { folder, flags: { ...flags, ...others } });
    assert.equal(seen.resumed, null, JSON.stringify(others));
    assert.match(previewText(seen), /실행: 새로 시작합니다/);
  }
  assert.equal((await preview(t, { folder, flags, supervisor: { name: 'night', token: 'a' } })).resumed, null);
  const living = await withHistory(t, [{ ...killed[0], owner: ME }]);
  assert.match(
    await told(t, { folder: living, flags }),
    /실행: 새로 시작합니다 \(이어 할 실행이 없습니다\), 이름 default\n/,
  );
});

test('under pm2, what --new-run began goes on', async (t) => {
  const first = { ...begin(RUN, DEAD, NOON - HOUR), new_run_token: 'a' };
  const folder = await folderWith(t, [first]);
  const seen = (token: string) =>
    preview(t, { folder, flags: { newRun: true }, supervisor: { name: 'night', token } }).then(
      ({ resumed }) => resumed?.id,
    );
  assert.deepEqual([await seen('a'), await seen('b')], [first.run_id, undefined]);
});

for (const [what, flags, env] of [
  ['a cap below one call', { maxCostUsd: '0.01' }, KEY],
  ['a price that is not known', { maxCostUsd: '5', model: 'claude-unknown' }, KEY],
  ['an author without an address', { author: 'anthropic' }, {}],
  ['cards that are not there', { cards: 'none.json' }, KEY],
  ['a template that is not there', { template: 'none.json' }, KEY],
] as const) {
  test(`${what} refuses a preview as it refuses a run`, async (t) => {
    await assert.rejects(preview(t, { folder: temporaryFolder(t), flags, env }), UserError);
  });
}

test('a folder of a later version is refused', async (t) => {
  const later = { ...begin(RUN, DEAD), format: 99 };
  const folder = await folderWith(t, [later]);
  await assert.rejects(preview(t, { folder }), UserError);
});

test('tells what keeps the run from its first story, and until when, one pause after the other', async (t) => {
  const folder = temporaryFolder(t);
  const atNight = { folder, flags: { activeHours: '22:00-06:00' } };
  assert.match(await told(t, atNight), /\n {2}먼저 쉼: \d{4}-\d\d-\d\d 22:00까지 \(정한 시간대 밖\)\n/);
  assert.doesNotMatch(await told(t, { folder, flags: { activeHours: '10:00-14:00' } }), /쉼:/);
  const used = await folderWith(t, [
    begin(RUN, DEAD, NOON - HOUR),
    attempt({ at: NOON - HOUR }),
    story({ at: NOON - 1 }),
  ]);
  const flags = { maxTokensPerDay: '40000', activeHours: '10:00-14:00' };
  // 3,500 tokens are used, and a call may take some 30,000.
  assert.doesNotMatch(await told(t, { folder: used, flags }), /쉼:/);
  const full = await told(t, { folder: used, flags: { ...flags, maxTokensPerDay: '32000' } });
  assert.match(
    full,
    /\n {2}먼저 쉼: \S+ 00:00까지 \(하루 상한을 다 씀\)\n {2}이어서 쉼: \S+ 10:00까지 \(정한 시간대 밖\)\n/,
  );
});

test('tells of a wait after a series of crashes, as the ledger has it', async (t) => {
  const claims = (count: number): LedgerRecord[] =>
    Array.from({ length: count }, (_, n) => ({
      ...{ type: 'claim', at: NOON - 1000 + n, epoch: n + 2, owner: DEAD, purpose: 'resume' },
    }));
  const after = async (count: number) => {
    const folder = await folderWith(t, [begin(RUN, DEAD, NOON - HOUR), ...claims(count)]);
    return told(t, { folder, flags: { resume: true, runName: 'night' } });
  };
  assert.doesNotMatch(await after(3), /쉼:/);
  assert.match(await after(5), /\n {2}먼저 쉼: \S+ 12:02까지 \(연속 6번 소설 없이 비정상으로 끝남\)\n/);
});

test('names the proxy that calls would go through by its host alone', async (t) => {
  const folder = temporaryFolder(t);
  const proxied = { ...KEY, HTTPS_PROXY: 'http://user:secret@proxy.example:3128' };
  const text = await told(t, { folder, env: proxied });
  assert.match(text, /\n {2}프록시: proxy\.example:3128 \(HTTPS_PROXY\)\n/);
  assert.doesNotMatch(text, /secret|user:/);
  assert.match(await told(t, { folder, env: { ...proxied, NO_PROXY: '.anthropic.com' } }), /프록시: 쓰지 않음/);
  assert.match(
    await told(t, { folder, env: { ...KEY, HTTPS_PROXY: 'http://:x:y' } }),
    /프록시: 주소로 읽을 수 없습니다/,
  );
  assert.doesNotMatch(await told(t, { folder }), /프록시/);
});
