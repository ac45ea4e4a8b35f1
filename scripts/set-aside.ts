import { loadConfig } from '../src/config/load.js';
import { UserError } from '../src/lib/errors.js';
import { formatNumber } from '../src/lib/format-number.js';
import { ROOT } from '../src/lib/project.js';
import { acceptSetAside, listSetAside, showSetAside } from '../src/store/set-aside.js';

// npm run set-aside -- list | show NAME | accept NAME: what was paid for and is no story.

const USAGE = `사용법: npm run set-aside -- list            따로 보관한 글의 목록과 까닭
        npm run set-aside -- show 이름      본문 보기 (이름의 일부도 됩니다)
        npm run set-aside -- accept 이름    소설로 받아들여 소설 폴더로 옮기기
`;

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}

async function main([action, name, ...rest]: string[]): Promise<void> {
  const folder = loadConfig({ root: ROOT, env: process.env, flags: {} }).config.outputDir;
  if (action === 'list' && name === undefined) return list(folder);
  if (rest.length > 0 || name === undefined || (action !== 'show' && action !== 'accept')) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  if (action === 'show') process.stdout.write(await showSetAside(folder, name));
  else process.stdout.write(`받아들였습니다: ${await acceptSetAside(folder, name, Date.now())}\n`);
}

async function list(folder: string): Promise<void> {
  const all = await listSetAside(folder);
  for (const { name, title, characters, code, reason, tokens } of all) {
    const used = tokens === null ? '토큰 모름' : `토큰 ${formatNumber(tokens)}`;
    process.stdout.write(`${name}  "${title}" (${formatNumber(characters)}자, ${used})\n    ${code}: ${reason}\n`);
  }
  process.stdout.write(`따로 보관한 글 ${formatNumber(all.length)}건\n`);
}
