import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/** The viewport of a page. */
export interface View {
  /** In CSS pixels. */
  width: number;
  colours: 'light' | 'dark';
}

/** A page as a browser showed it. */
export interface Seen<T> {
  /** The value of the expression. */
  value: T;
  /** Requests other than for the page itself. */
  requests: string[];
  /** Messages on the console, from the page and from the browser. */
  messages: string[];
}

export interface Browser {
  /** Opens a file, and evaluates an expression in it once it is loaded. */
  look<T>(file: string, view: View, expression: string): Promise<Seen<T>>;
}

/** Path of a browser: CHROME_PATH, or else one in PATH; null when there is none. */
export function findBrowser(): string | null {
  const named = process.env.CHROME_PATH;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const paths = [...(named ? [named] : []), ...folders.flatMap((folder) => names.map((name) => join(folder, name)))];
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Removes the profile of a browser. Its child processes end a little later and may still write, so the removal is tried
 * again; the retries of `rm` itself do not see new files.
 */
async function removeOnceQuiet(profile: string, tries = 50): Promise<void> {
  try {
    await rm(profile, { recursive: true, force: true });
  } catch (error) {
    if (tries === 0) throw error;
    await setTimeout(100);
    await removeOnceQuiet(profile, tries - 1);
  }
}

/** Starts a headless browser without network services. It ends with the test. */
export function startBrowser(t: TestContext, path: string): Browser {
  const profile = mkdtempSync(join(tmpdir(), 'horror-browser-'));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    '--disable-quic',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    `--user-data-dir=${profile}`,
    '--remote-debugging-pipe',
  ];
  // The browser reads its protocol from descriptor 3 and writes to 4.
  const child = spawn(path, flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const protocol = new Protocol(child);
  const ended = new Promise<void>((resolve) => {
    // Not the close event: its child processes may hold the pipes a little longer.
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
    for (const stream of child.stdio) stream?.destroy();
    await removeOnceQuiet(profile);
  });
  return {
    look: async <T>(file: string, { width, colours }: View, expression: string): Promise<Seen<T>> => {
      const address = pathToFileURL(file).href;
      const { targetId } = await protocol.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await protocol.send<{ sessionId: string }>('Target.attachToTarget', {
        targetId,
        flatten: true,
      });
      const tab = <R>(method: string, params: object = {}) => protocol.send<R>(method, params, sessionId);
      const requests: string[] = [];
      const messages: string[] = [];
      const loaded = new Promise<void>((resolve) => {
        protocol.listen(sessionId, (method, params) => {
          if (method === 'Page.loadEventFired') resolve();
          if (method === 'Network.requestWillBeSent') requests.push((params.request as { url: string }).url);
          if (
            method === 'Runtime.consoleAPICalled' ||
            method === 'Runtime.exceptionThrown' ||
            method === 'Log.entryAdded'
          ) {
            messages.push(JSON.stringify(params));
          }
        });
      });
      for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await tab(`${domain}.enable`);
      await tab('Emulation.setDeviceMetricsOverride', {
        width,
        height: 900,
        deviceScaleFactor: 1,
        mobile: false,
      });
      await tab('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: colours }] });
      await tab('Page.navigate', { url: address });
      await loaded;
      const { result } = await tab<{ result: { value: T } }>('Runtime.evaluate', { expression, returnByValue: true });
      await protocol.send('Target.closeTarget', { targetId });
      return { value: result.value, requests: requests.filter((url) => url !== address), messages };
    },
  };
}

type Params = Record<string, unknown>;
type Listener = (method: string, params: Params) => void;

interface Message {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: Params;
  result?: unknown;
  error?: { message: string };
}

/** The DevTools protocol over a pipe: JSON messages, each ended by a zero byte. */
class Protocol {
  #sent = 0;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #listeners = new Map<string, Listener>();
  readonly #input: Writable;
  readonly #gone: Promise<never>;

  constructor(child: ChildProcess) {
    this.#input = child.stdio[3] as Writable;
    this.#input.on('error', () => {});
    this.#gone = new Promise((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the browser ended with ${code}`)));
    });
    this.#gone.catch(() => {});
    let text = '';
    (child.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      const messages = (text + chunk).split('\0');
      text = messages.pop() ?? '';
      for (const message of messages) this.#receive(JSON.parse(message) as Message);
    });
  }

  listen(sessionId: string, listener: Listener): void {
    this.#listeners.set(sessionId, listener);
  }

  async send<R>(method: string, params: object = {}, sessionId?: string): Promise<R> {
    const id = ++this.#sent;
    const answer = new Promise<Message>((resolve) => this.#answers.set(id, resolve));
    this.#input.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`);
    const { result, error } = await Promise.race([answer, this.#gone]);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result as R;
  }

  #receive(message: Message): void {
    if (message.id !== undefined) {
      this.#answers.get(message.id)?.(message);
      this.#answers.delete(message.id);
    } else if (message.method !== undefined) {
      this.#listeners.get(message.sessionId ?? '')?.(message.method, message.params ?? {});
    }
  }
}
