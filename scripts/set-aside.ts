import { loadConfig } from '../src/config/load.js';
import { defineCommand, runScript, UsageError } from '../src/lib/command-line.js';
import { formatNumber } from '../src/lib/format-number.js';
import { acceptSetAside, listSetAside, showSetAside } from '../src/store/set-aside.js';

// npm run set-aside -- list | show NAME | accept NAME: answers that were paid for and are not a story.

const setAside = defineCommand({
  usage: `사용법: npm run set-aside -- list            따로 보관한 글의 목록과 까닭
        npm run set-aside -- show 이름      본문 보기 (이름의 일부도 됩니다)
        npm run set-aside -- accept 이름    소설로 받아들여 소설 폴더로 옮기기`,
  options: {},
  takesWords: true,
  run: async (_, { root, env, now, stdout }, [action, name, ...rest]) => {
    const folder = loadConfig({ root, env, flags: {} }).config.outputDir;
    if (action === 'list' && name === undefined) stdout.write(await list(folder));
    else if (action === 'show' && name !== undefined && rest.length === 0) {
      stdout.write(await showSetAside(folder, name));
    } else if (action === 'accept' && name !== undefined && rest.length === 0) {
      stdout.write(`받아들였습니다: ${await acceptSetAside(folder, name, now())}\n`);
    } else throw new UsageError('list, show 이름, accept 이름 중 하나로 쓰세요');
  },
});

async function list(folder: string): Promise<string> {
  const all = await listSetAside(folder);
  const lines = all.map(({ name, title, characters, code, reason, tokens }) => {
    const used = tokens === null ? '토큰 모름' : `토큰 ${formatNumber(tokens)}`;
    return `${name}  "${title}" (${formatNumber(characters)}자, ${used})\n    ${code}: ${reason}\n`;
  });
  return `${lines.join('')}따로 보관한 글 ${formatNumber(all.length)}건\n`;
}

await runScript(setAside, process);
