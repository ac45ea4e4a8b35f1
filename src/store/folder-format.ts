import { checkFormat, isSystemError } from '../lib/files.js';
import { checkDeckFormat } from '../prompt/deck.js';
import { ledgerPath, listRuns, readFormat } from '../run/ledger.js';

/**
 * Looks whether a later version has worked on a story folder, before anything in it is changed: at the newest ledger and
 * at the deck, which every version writes. Other files are checked where they are read.
 * @throws NewerFormatError
 */
export async function checkFolderFormat(folder: string): Promise<void> {
  try {
    const [newest] = await listRuns(folder);
    if (newest !== undefined) checkFormat(readFormat(ledgerPath(folder, newest)), ledgerPath(folder, newest));
    await checkDeckFormat(folder);
  } catch (error) {
    // What cannot be read now is read again when the run is opened, and waited for there.
    if (!isSystemError(error)) throw error;
  }
}
