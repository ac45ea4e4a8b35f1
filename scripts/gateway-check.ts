import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { defineCommand, runScript } from '../src/lib/command-line.js';
import { ExitCode, UserError } from '../src/lib/errors.js';
import { CASES, type GatewayCase, storyText } from './gateway-check/cases.js';
import { type Gateway, installGateway, PACKAGE, startGateway } from './gateway-check/gateway.js';
import { type Observation, problemsOf, runWorker } from './gateway-check/observe.js';
import { type OpenAiEndpoint, startOpenAiEndpoint } from './gateway-check/openai-endpoint.js';
import { streamed } from './gateway-check/replies.js';

// npm run gateway-check: the built worker, through a gateway that people use, on an endpoint of another API. The gateway is
// no dependency: it is installed into a temporary folder. docs/gateways.md tells what was seen.

const gatewayCheck = defineCommand({
  usage: `사용법: npm run gateway-check                         게이트웨이를 임시 폴더에 설치하고 모두 확인
        npm run gateway-check -- --only 429           이름에 이 말이 든 것만
        npm run gateway-check -- --installed ~/gw     이미 설치한 폴더의 게이트웨이로 (없으면 거기에 설치)
        npm run -s gateway-check -- --json            본 것을 JSON으로
설치하는 것: ${PACKAGE} (npm, 네트워크가 필요함)
종료 코드: 0 모두 기대한 대로, 1 다른 것이 있음, 2 옵션이 잘못되었거나 게이트웨이를 설치할 수 없음`,
  options: {
    only: { type: 'string' },
    installed: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
  run: async ({ only, installed, json }, { root, typedIn, stdout, stderr }) => {
    const worker = join(root, 'dist', 'main.js');
    if (!existsSync(worker)) throw new UserError(`${worker}이(가) 없습니다. 먼저 npm run build를 실행하세요`);
    const cases = CASES.filter(({ name }) => only === undefined || name.includes(only));
    if (cases.length === 0) throw new UserError(`--only: 이름에 ${JSON.stringify(only)}이(가) 든 것이 없습니다`);
    const folder = mkdtempSync(join(tmpdir(), 'gateway-check-'));
    const progress = json ? stderr : stdout;
    const seen: Seen[] = [];
    try {
      const gatewayFolder = installed === undefined ? join(folder, 'gateway') : resolve(typedIn, installed);
      progress.write(`게이트웨이: ${PACKAGE}, ${gatewayFolder}\n`);
      await installGateway(gatewayFolder);
      for await (const each of runCases(cases, gatewayFolder, folder)) {
        seen.push(each);
        progress.write(toLines(each));
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const failed = seen.filter(({ problems }) => problems.length > 0).length;
    if (json) stdout.write(`${JSON.stringify(seen, null, 2)}\n`);
    progress.write(`${seen.length}가지 중 ${seen.length - failed}가지가 기대한 대로\n`);
    return failed === 0 ? 0 : ExitCode.failed;
  },
});

await runScript(gatewayCheck, process);

/** What was seen of one case. */
interface Seen {
  name: string;
  observation: Omit<Observation, 'texts' | 'asideTexts'>;
  /** Korean: where it differs from what was expected. */
  problems: string[];
}

async function* runCases(cases: readonly GatewayCase[], gatewayFolder: string, folder: string): AsyncGenerator<Seen> {
  const upstream: OpenAiEndpoint = await startOpenAiEndpoint();
  let gateway: Gateway | null = null;
  try {
    gateway = await startGateway(gatewayFolder, join(folder, 'home'), upstream.url);
    for (const [number, { name, replies, flags = ['--max-stories', '1'], env = {}, expected }] of cases.entries()) {
      upstream.play((index) => replies[index] ?? streamed({ text: storyText(1000 * (number + 1) + index) }));
      const seen = await runWorker(join(folder, `case-${number}`), gateway.url, flags, env);
      const observation: Observation = { ...seen, requests: upstream.requests() };
      const { texts, asideTexts, ...told } = observation;
      yield { name, observation: told, problems: problemsOf(observation, expected) };
    }
  } finally {
    await gateway?.stop();
    await upstream.close();
  }
}

function toLines({ name, observation, problems }: Seen): string {
  const { exit, requests, stories, setAside, failures, tokens, messages } = observation;
  const counts = `종료 ${exit}, 요청 ${requests}, 소설 ${stories}, 따로 보관 ${setAside}, 토큰 ${tokens ?? '모름'}`;
  const lines = [`${problems.length === 0 ? 'OK  ' : 'FAIL'}  ${name}: ${counts}  ${failures.join(' ')}`];
  if (problems.length > 0)
    lines.push(...problems.map((problem) => `      ${problem}`), ...messages.map((each) => `      > ${each}`));
  return `${lines.join('\n')}\n`;
}
