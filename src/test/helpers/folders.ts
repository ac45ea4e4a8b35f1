import type { TestContext } from 'node:test';
import { toUsage } from '../../api/usage.js';
import type { ProcessIdentity } from '../../lib/process-identity.js';
import { appendRecord, type BeginRecord, type LedgerRecord, ledgerPath } from '../../run/ledger.js';
import { newName, openStoryStore } from '../../store/story-store.js';
import { storyMetadata, temporaryFolder } from './fakes.js';
import { MINUTE, NOON } from './statuses.js';

// Story folders as a worker leaves them.

/** When the runs of `folderWith` began, milliseconds since the epoch. */
export const BEGUN = NOON - 10 * MINUTE;

export const begin = (run_id: string, owner: ProcessIdentity, at = BEGUN): BeginRecord => ({
  type: 'begin',
  at,
  run_id,
  run_name: 'night',
  owner,
  new_run_token: null,
});

/** A folder that holds these ledgers. */
export async function folderWith(t: TestContext, ...ledgers: [BeginRecord, ...LedgerRecord[]][]): Promise<string> {
  const folder = temporaryFolder(t);
  for (const [first, ...others] of ledgers) {
    for (const record of [first, ...others]) await appendRecord(ledgerPath(folder, first.run_id), record, []);
  }
  return folder;
}

/** Sets an answer aside as the worker does. */
export async function keepAside(folder: string, title: string, at: number): Promise<string> {
  const name = newName(at);
  const library = openStoryStore(folder, 'run_1');
  const why = { kind: 'incomplete', code: 'max_tokens', reason: '글이 토큰 한도에서 잘렸습니다' } as const;
  const metadata = storyMetadata({ title, usage: toUsage(1000, 2000), set_aside: why });
  await library.stage(name, { markdown: `# ${title}\n\n본문`, metadata });
  await library.publish(name, 'set-aside');
  return name;
}
