/** One card of a premise, as metadata tells it. */
export interface PremiseCard {
  axis: string;
  id: string;
  text: string;
}

/** What the report takes from a text's metadata; people may have edited it, so nothing is taken on trust. */
export interface StoryDetails {
  title: string;
  /** The first sentence; empty where it is not known. */
  opening: string;
  /** Code points; null where it is not known. */
  characters: number | null;
  premise: PremiseCard[];
  /** null where it is not known. */
  model: string | null;
  provider: string | null;
  runId: string | null;
  /** Milliseconds since the epoch; null where it is not known. */
  writtenAt: number | null;
  /** Total tokens of all calls; null where they are not known. */
  tokens: number | null;
  costUsd: number | null;
  generationMs: number | null;
  /** Once set aside, and then taken in by hand. */
  accepted: boolean;
}

/** Why a text was set aside: a stable word, and the same in Korean. */
export interface SetAsideReason {
  code: string;
  reason: string;
}

export function toStoryDetails(metadata: Record<string, unknown>): StoryDetails {
  const usage = objectOf(metadata.usage);
  const writtenAt = Date.parse(textOf(metadata.generated_at) ?? '');
  return {
    title: textOf(metadata.title) ?? '(제목 없음)',
    opening: textOf(metadata.opening) ?? '',
    characters: numberOf(metadata.word_count),
    premise: Object.entries(objectOf(metadata.premise)).flatMap(([axis, card]) => {
      const { id, text } = objectOf(card);
      return typeof text === 'string' ? [{ axis, id: textOf(id) ?? text, text }] : [];
    }),
    model: textOf(metadata.model),
    provider: textOf(metadata.provider),
    runId: textOf(metadata.run_id),
    writtenAt: Number.isNaN(writtenAt) ? null : writtenAt,
    tokens: numberOf(usage.total_tokens),
    costUsd: numberOf(metadata.cost_usd),
    generationMs: numberOf(metadata.duration_ms),
    accepted: textOf(metadata.accepted_at) !== null,
  };
}

export function setAsideReasonOf(metadata: Record<string, unknown>): SetAsideReason {
  const { code, reason } = objectOf(metadata.set_aside);
  return { code: textOf(code) ?? 'unknown', reason: textOf(reason) ?? '까닭이 적혀 있지 않습니다' };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
