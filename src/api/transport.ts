import type { ProxyAgent, RequestInit } from 'undici';
import { SECOND } from '../lib/clock.js';

// How requests travel. Node's own fetch ends a body that is silent for 300 s whatever we ask for, and goes through no
// proxy unless told so by a flag that older releases of Node do not have. Where one of the two matters, the library
// behind that fetch is loaded and told; everywhere else it costs nothing.

/** How long Node's fetch waits for headers, or for the next bytes of a body, in milliseconds. */
const FETCH_PATIENCE = 300 * SECOND;

export interface TransportOptions {
  baseUrl: string;
  /** The longest silence that the settings allow, in milliseconds. */
  silenceMs: number;
  /** Where HTTPS_PROXY, HTTP_PROXY and NO_PROXY are looked for. */
  env: NodeJS.ProcessEnv;
}

/** @returns null where Node's own fetch will do */
export function chooseFetch({ baseUrl, silenceMs, env }: TransportOptions): typeof fetch | null {
  const proxy = proxyFor(baseUrl, env);
  if (proxy === null && silenceMs < FETCH_PATIENCE) return null;
  let loading: Promise<(url: string, init: RequestInit) => Promise<unknown>> | null = null;
  return async (url, init) => {
    loading ??= loadFetch(proxy?.url ?? null);
    const send = await loading;
    // The library's own types differ from the global ones in name only.
    return (await send(String(url), init as unknown as RequestInit)) as Response;
  };
}

async function loadFetch(proxy: string | null) {
  // By its default export, for it is CommonJS, and built into dist it has no other.
  const { Agent, ProxyAgent, fetch } = (await import('undici')).default;
  // The call's own timers are the ones that count.
  const patience = { headersTimeout: 0, bodyTimeout: 0 };
  const dispatcher: ProxyAgent | InstanceType<typeof Agent> =
    proxy === null ? new Agent(patience) : new ProxyAgent({ uri: proxy, ...patience });
  return (url: string, init: RequestInit) => fetch(url, { ...init, dispatcher });
}

/** A proxy to go through. */
export interface HttpProxy {
  url: string;
  /** The variable that names it. */
  variable: string;
}

/**
 * The proxy that the environment asks for, by the rules that curl made common: the variable of the address's protocol, in
 * small letters or else in capitals, unless NO_PROXY names the host.
 * @returns null for a direct connection; an address of this machine is always reached directly
 */
export function proxyFor(baseUrl: string, env: NodeJS.ProcessEnv): HttpProxy | null {
  const { protocol, hostname, port } = new URL(baseUrl);
  if (/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return null;
  const name = `${protocol.slice(0, -1)}_proxy`;
  const variable = [name, name.toUpperCase()].find((each) => isGiven(env[each]));
  const value = variable === undefined ? undefined : env[variable]?.trim();
  if (variable === undefined || value === undefined) return null;
  const exceptions = isGiven(env.no_proxy) ? env.no_proxy : (env.NO_PROXY ?? '');
  const here = port || (protocol === 'https:' ? '443' : '80');
  if (exceptions.split(/[\s,]+/).some((each) => excludes(each, hostname, here))) return null;
  return { url: /^\w+:\/\//.test(value) ? value : `http://${value}`, variable };
}

/** `*` is every host; `example.com` and `.example.com` are that host and those below it; a port narrows it down. */
function excludes(exception: string, hostname: string, port: string): boolean {
  const [, host = '', only] = /^(.*?)(?::(\d+))?$/.exec(exception.toLowerCase()) ?? [];
  if (host === '' || (only !== undefined && only !== port)) return false;
  const domain = host.replace(/^\*?\./, '');
  return host === '*' || hostname === domain || hostname.endsWith(`.${domain}`);
}

const isGiven = (value: string | undefined): value is string => value !== undefined && value.trim() !== '';
