import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ACTIONS } from '../../../cli/args.js';
import { describeConfig, envExample, helpText, settingsTable } from '../../../cli/help.js';
import { loadConfig } from '../../../config/load.js';
import { isSwitch, SETTING_NAMES, SETTINGS, type Setting } from '../../../config/settings.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { ROOT } from '../../helpers/processes.js';

const settings: [name: string, setting: Setting][] = Object.entries(SETTINGS);

test('the help has the title of the original, and its three flags', () => {
  const help = helpText();
  assert.ok(help.startsWith('호러 소설 생성기 - 24h 연속 실행 지원\n'));
  for (const flag of ['--duration-seconds <초>', '--max-stories <편>', '--interval-seconds <초>', '-h, --help']) {
    assert.ok(help.includes(`  ${flag}\n`), flag);
  }
});

test('the help has every setting with its meaning, variable and default, and every action', () => {
  const help = helpText();
  for (const [, { arg, env, doc, format, default: value }] of settings) {
    assert.ok(help.includes(doc), doc);
    assert.ok(help.includes(`환경 변수 ${env})`), env);
    if (arg === null) continue;
    assert.match(help, new RegExp(`^ {2}--${arg}${isSwitch({ format }) ? '' : ' \\S+'}$`, 'm'));
    assert.ok(help.includes(`${doc} (기본값: ${value ?? '없음'}, 환경 변수 ${env})`), env);
  }
  for (const [name, doc] of Object.entries(ACTIONS)) assert.ok(help.includes(`--${name}\n        ${doc}`), name);
  assert.match(help, /--log-level debug\|info\|warn\|error$/m);
});

test('the help offers no flag for a secret', () => {
  assert.doesNotMatch(helpText(), /--\S*(key|token)\b/);
  assert.match(helpText(), /\(환경 변수 ANTHROPIC_API_KEY\)/);
});

test('the table has a row of five cells for every setting', () => {
  const [head, rule, ...rows] = settingsTable().split('\n');
  assert.equal(head?.split('|').length, 7);
  assert.equal(rule, '| --- | --- | --- | --- | --- |');
  assert.equal(rows.length, settings.length);
  for (const [index, [name, { arg, env, doc }]] of settings.entries()) {
    const cells = rows[index]?.split(' | ') ?? [];
    assert.equal(cells.length, 5, name);
    assert.equal(cells[0], arg === null ? '| ' : `| \`--${arg}\``);
    assert.equal(cells[1], `\`${env}\``);
    assert.equal(cells[2], `\`${name}\``);
    assert.equal(cells[4], `${doc} |`);
  }
});

test('.env.example, with every line of a default taken in, changes nothing', (t) => {
  const root = temporaryFolder(t);
  mkdirSync(join(root, 'config'));
  const bare = loadConfig({ root, env: {}, flags: {} });
  const lines = envExample().replace(/^# (?=[A-Z_]+=.)/gm, '');
  for (const [, { env }] of settings) assert.match(lines, new RegExp(`^(# )?${env}=`, 'm'));
  writeFileSync(join(root, '.env'), lines);
  const { config, sources } = loadConfig({ root, env: {}, flags: {} });
  assert.deepEqual(config, bare.config);
  for (const name of SETTING_NAMES) {
    const setting: Setting = SETTINGS[name];
    assert.equal(sources[name], setting.default === null ? '기본값' : `.env의 ${setting.env}`);
  }
});

test('.env.example, as it is, sets nothing', () => {
  assert.doesNotMatch(envExample(), /^[^#\n]/m);
});

test('the .env.example that we ship is the one that the settings give', () => {
  assert.equal(readFileSync(join(ROOT, '.env.example'), 'utf8'), envExample());
});

test('docs/settings.md has the table that the settings give', () => {
  const text = readFileSync(join(ROOT, 'docs', 'settings.md'), 'utf8');
  assert.ok(text.includes(`<!-- settings -->\n${settingsTable()}\n<!-- /settings -->`));
});

test('print-config has a line for every setting, with its source', (t) => {
  const root = temporaryFolder(t);
  const lines = describeConfig(loadConfig({ root, env: { MAX_TOKENS: '5' }, flags: { maxStories: '3' } })).split('\n');
  assert.equal(lines.pop(), '');
  assert.equal(lines.length, settings.length);
  assert.ok(lines.includes('maxTokens = 5  (환경 변수 MAX_TOKENS)'));
  assert.ok(lines.includes('maxStories = 3  (--max-stories)'));
  assert.ok(lines.includes('model = "claude-sonnet-5-5"  (기본값)'));
});
