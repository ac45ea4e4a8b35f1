import type { AttemptRecord, BatchRecord, OpenBatch } from '../../run/ledger.js';
import type { Misfit } from '../findings.js';

/** A batch as the ledger has it so far. */
export interface TrackedBatch {
  key: string;
  /** When its creation was intended, milliseconds since the epoch. */
  at: number;
  /** null: not created as far as the ledger tells. */
  id: string | null;
  isClosed: boolean;
  calls: number;
  /** The number of calls without an outcome. */
  openCalls: number;
}

/** The batches of a run, record by record: each is intended, then created, then closed, and created once. */
export class BatchTracker {
  readonly #batches = new Map<string, TrackedBatch>();
  /** The calls of batches that are not intended yet, by key: calls and intent are written together. */
  readonly #announced = new Map<string, number>();
  readonly #customIds = new Set<string>();
  readonly #ids = new Set<string>();

  get all(): readonly TrackedBatch[] {
    return [...this.#batches.values()];
  }

  /** The batches whose results are still expected. */
  get out(): readonly TrackedBatch[] {
    return this.all.filter(({ isClosed }) => !isClosed);
  }

  isCreated(key: string): boolean {
    return this.#batches.get(key)?.id != null;
  }

  /** The calls whose results may still come: of batches that are about to be created, or out. */
  get expectedCalls(): number {
    const announced = [...this.#announced.values()].reduce((sum, calls) => sum + calls, 0);
    return this.out.reduce((sum, { openCalls }) => sum + openCalls, announced);
  }

  /** A call of the batch has its outcome. */
  closeCall(key: string): void {
    const batch = this.#batches.get(key);
    if (batch !== undefined) batch.openCalls -= 1;
  }

  addCall({ number, custom_id }: AttemptRecord, key: string): Misfit[] {
    const misfits: Misfit[] = [];
    const where = `${number}번째 호출`;
    if (this.#batches.has(key)) misfits.push(misfit('batch_order', `${where}이 배치를 만들려던 뒤에 있음, ${key}`));
    else this.#announced.set(key, (this.#announced.get(key) ?? 0) + 1);
    if (custom_id === undefined || this.#customIds.has(custom_id)) {
      misfits.push(misfit('batch_order', `${where}의 custom_id가 없거나 되풀이됨`));
    }
    if (custom_id !== undefined) this.#customIds.add(custom_id);
    return misfits;
  }

  apply(record: BatchRecord): Misfit[] {
    const { key, at } = record;
    const batch = this.#batches.get(key);
    switch (record.phase) {
      case 'intent': {
        const calls = this.#announced.get(key) ?? 0;
        this.#announced.delete(key);
        if (batch !== undefined) return [misfit('batch_twice', key)];
        this.#batches.set(key, { key, at, id: null, isClosed: false, calls, openCalls: calls });
        return calls === 0 ? [misfit('batch_order', `호출이 없음, ${key}`)] : [];
      }
      case 'created': {
        const { id } = record;
        if (batch === undefined || batch.isClosed) return [misfit('batch_order', `만들려는 기록이 없음, ${id}`)];
        const before = batch.id;
        batch.id = id;
        if (before === id) return [];
        const isKnown = this.#ids.has(id);
        this.#ids.add(id);
        if (isKnown) return [misfit('batch_twice', id)];
        // Another worker's batch may have been taken for this one: the log tells.
        return before === null ? [] : [{ code: 'batch_replaced', detail: before, severity: 'note' }];
      }
      case 'closed': {
        if (batch === undefined || batch.isClosed) return [misfit('batch_order', `나가 있지 않은 배치의 끝, ${key}`)];
        batch.isClosed = true;
        const detail = `${batch.id ?? key}, ${batch.openCalls}건`;
        return batch.openCalls === 0 ? [] : [{ code: 'batch_without_results', detail, severity: 'note' }];
      }
    }
  }

  /**
   * A process has ended, or was killed: of a batch that it was about to begin, the calls may be in the ledger and the
   * intent is not.
   */
  interrupt(isKilled: boolean): Misfit[] {
    const keys = [...this.#announced.keys()];
    this.#announced.clear();
    return keys.map((key) =>
      isKilled
        ? { code: 'batch_cut_off', detail: key, severity: 'note' }
        : misfit('batch_order', `만들려는 기록이 없음, ${key}`),
    );
  }

  /** Takes over the batches that a snapshot has. */
  restore(batches: readonly OpenBatch[], open: readonly AttemptRecord[]): void {
    this.#announced.clear();
    this.#batches.clear();
    for (const { key, id, at } of batches) {
      const calls = open.filter(({ batch }) => batch === key).length;
      this.#batches.set(key, { key, id, at, isClosed: false, calls, openCalls: calls });
      if (id !== null) this.#ids.add(id);
    }
  }
}

function misfit(code: Misfit['code'], detail: string): Misfit {
  return { code, detail };
}
