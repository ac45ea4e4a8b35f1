import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { waitUntil } from '../../src/chaos/processes.js';
import { UserError } from '../../src/lib/errors.js';

// The gateway itself: installed into a folder of its own, configured for one endpoint, started, stopped.

/** The last version that Node 20 runs; 3.x wants 22. */
export const PACKAGE = '@musistudio/claude-code-router@2.0.0';
const ENTRY = join('node_modules', '@musistudio', 'claude-code-router', 'dist', 'cli.js');

/** Milliseconds. */
const INSTALL_TIMEOUT = 180_000;
const START_TIMEOUT = 20_000;

/**
 * Installs the gateway with npm, unless it is there already.
 * @throws UserError where npm cannot
 */
export async function installGateway(folder: string): Promise<void> {
  if (existsSync(join(folder, ENTRY))) return;
  mkdirSync(folder, { recursive: true });
  const npm = process.env.npm_execpath;
  const [program, ...args] = npm === undefined ? ['npm'] : [process.execPath, npm];
  const options = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', PACKAGE];
  const { code, output } = await run(program ?? 'npm', [...args, ...options]);
  if (code === 0 && existsSync(join(folder, ENTRY))) return;
  const [reason = ''] = /npm error.*(?:code|network|ENOTFOUND|ECONN|EAI_AGAIN).*/iu.exec(output) ?? [];
  throw new UserError(
    `게이트웨이(${PACKAGE})를 npm으로 설치하지 못했습니다. 네트워크가 없으면 이 검사는 할 수 없습니다; ` +
      `이미 설치한 폴더가 있으면 --installed로 알려 주세요${reason === '' ? '' : ` (${reason.trim()})`}`,
  );
}

function run(program: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: INSTALL_TIMEOUT });
    let output = '';
    const keep = (part: Buffer) => {
      output += part.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ code: null, output: String(error) }));
    child.once('close', (code) => resolve({ code, output }));
  });
}

export interface Gateway {
  /** For the worker's ANTHROPIC_BASE_URL. */
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts an installed gateway in front of an endpoint, with a home folder of its own, so that a user's own
 * configuration is neither read nor changed.
 */
export async function startGateway(folder: string, home: string, upstream: string): Promise<Gateway> {
  const port = await freePort();
  const settings = join(home, '.claude-code-router');
  mkdirSync(settings, { recursive: true });
  const provider = { name: 'local', api_base_url: upstream, api_key: 'sk-local', models: ['writer'] };
  const config = {
    ...{ LOG: false, HOST: '127.0.0.1', PORT: port, NON_INTERACTIVE_MODE: true, API_TIMEOUT_MS: 600_000 },
    ...{ Providers: [provider], Router: { default: 'local,writer' } },
  };
  writeFileSync(join(settings, 'config.json'), JSON.stringify(config, null, 2));
  const child = spawn(process.execPath, [join(folder, ENTRY), 'start'], {
    env: { ...process.env, HOME: home, USERPROFILE: home },
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const url = `http://127.0.0.1:${port}`;
  if (!(await waitUntil(() => answers(url), START_TIMEOUT))) {
    stop(child);
    throw new UserError(`게이트웨이가 ${START_TIMEOUT / 1000}초 안에 시작하지 않았습니다`);
  }
  return {
    url,
    stop: () => {
      stop(child);
      return ended;
    },
  };
}

function stop(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    (response) => response.status < 500,
    () => false,
  );

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
