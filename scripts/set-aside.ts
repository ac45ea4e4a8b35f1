import { loadConfig } from '../src/config/load.js';
import { defineCommand, runScript, UsageError } from '../src/lib/command-line.js';
import { formatNumber } from '../src/lib/format-number.js';
import { acceptRejudged, rejudgeSetAside } from '../src/store/rejudge-set-aside.js';
import { acceptSetAside, listSetAside, type SetAside, showSetAside } from '../src/store/set-aside.js';

// npm run set-aside -- list | show NAME | accept NAME | rejudge: answers that were paid for and are not a story.

const setAside = defineCommand({
  usage: `사용법: npm run set-aside -- list                       따로 보관한 글의 목록, 까닭별로
        npm run set-aside -- show 이름                  본문 보기 (이름의 일부도 됩니다)
        npm run set-aside -- accept 이름                소설로 받아들여 소설 폴더로 옮기기
        npm run set-aside -- rejudge                    모두를 지금 규칙으로 다시 판정 (바꾸는 것 없음)
        npm run set-aside -- rejudge --accept-stories   그 가운데 소설인 것을 소설 폴더로 옮기기`,
  options: { 'accept-stories': { type: 'boolean', default: false } },
  takesWords: true,
  run: async (values, { root, env, now, stdout }, [action, name, ...rest]) => {
    const { outputDir: folder, minStoryCharacters } = loadConfig({ root, env, flags: {} }).config;
    const accepts = values['accept-stories'];
    const isAlone = name === undefined;
    const isNamed = name !== undefined && rest.length === 0;
    if (accepts && action !== 'rejudge') throw new UsageError('--accept-stories는 rejudge와 함께 씁니다');
    if (action === 'list' && isAlone) stdout.write(await list(folder));
    else if (action === 'show' && isNamed) stdout.write(await showSetAside(folder, name));
    else if (action === 'accept' && isNamed) {
      stdout.write(`받아들였습니다: ${await acceptSetAside(folder, name, now())}\n`);
    } else if (action === 'rejudge' && isAlone) {
      stdout.write(await rejudge(folder, minStoryCharacters, accepts ? now() : null));
    } else throw new UsageError('list, show 이름, accept 이름, rejudge 중 하나로 쓰세요');
  },
});

/** Grouped by reason, the most frequent one first. */
async function list(folder: string): Promise<string> {
  const all = await listSetAside(folder);
  const groups = [...groupBy(all, ({ code }) => code)].sort(([, a], [, b]) => b.length - a.length);
  const texts = groups.map(([code, group]) => {
    const lines = group.map(({ name, title, characters, tokens, reason }) => {
      const used = tokens === null ? '토큰 모름' : `토큰 ${formatNumber(tokens)}`;
      return `  ${name}  "${title}" (${formatNumber(characters)}자, ${used})\n      ${reason}\n`;
    });
    return `${code} - ${formatNumber(group.length)}건\n${lines.join('')}`;
  });
  return `${texts.join('\n')}따로 보관한 글 ${formatNumber(all.length)}건\n`;
}

function groupBy(all: readonly SetAside[], keyOf: (each: SetAside) => string): Map<string, SetAside[]> {
  const groups = new Map<string, SetAside[]>();
  for (const each of all) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return groups;
}

/** @param acceptAt milliseconds since the epoch, to move what is a story; null to change nothing */
async function rejudge(folder: string, minCharacters: number, acceptAt: number | null): Promise<string> {
  const all = await rejudgeSetAside(folder, minCharacters);
  const stories = all.filter(({ failure }) => failure === null);
  const lines: string[] = [];
  for (const story of stories) {
    const { name, title, before, doubts } = story;
    const doubtful = doubts.length === 0 ? '' : `, 확인할 것: ${doubts.map(({ reason }) => reason).join('; ')}`;
    const path = acceptAt === null ? '' : ` → ${await acceptRejudged(folder, story, acceptAt)}`;
    lines.push(`${name}  "${title}" (${before}${doubtful})${path}\n`);
  }
  const count = `따로 보관한 글 ${formatNumber(all.length)}건 가운데 ${formatNumber(stories.length)}건이 소설입니다`;
  if (acceptAt !== null) return `${lines.join('')}${count}. 소설 폴더로 옮겼습니다\n`;
  const hint = stories.length === 0 ? '' : '. 옮기려면: npm run set-aside -- rejudge --accept-stories';
  return `${lines.join('')}${count}${hint}\n`;
}

await runScript(setAside, process);
