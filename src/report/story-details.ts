import type { ReadMetadata, SetAsideReason } from '../store/story-metadata.js';
import type { Doubt } from '../story/doubts.js';

/** One card of a premise. */
export interface PremiseCard {
  axis: string;
  id: string;
  text: string;
}

/** The part of a text's metadata that the report shows. Fields that the metadata lacks are null or empty. */
export interface StoryDetails {
  title: string;
  /** The first sentence. */
  opening: string;
  /** Code points. */
  characters: number | null;
  premise: PremiseCard[];
  model: string | null;
  provider: string | null;
  runId: string | null;
  /** Milliseconds since the epoch. */
  writtenAt: number | null;
  /** Total tokens of all calls. */
  tokens: number | null;
  costUsd: number | null;
  generationMs: number | null;
  /** The doubts with which it was saved. */
  doubts: readonly Doubt[];
  /** Id of the batch that it came with. */
  batch: string | null;
  /** A person put it among the stories, though it had been set aside. */
  accepted: boolean;
}

/** Takes the details out of metadata. */
export function toStoryDetails(metadata: ReadMetadata): StoryDetails {
  const writtenAt = Date.parse(metadata.generated_at ?? '');
  return {
    title: metadata.title ?? '(제목 없음)',
    opening: metadata.opening ?? '',
    characters: metadata.word_count,
    premise: Object.entries(metadata.premise ?? {}).map(([axis, { id, text }]) => ({ axis, id, text })),
    model: metadata.model,
    provider: metadata.provider,
    runId: metadata.run_id,
    writtenAt: Number.isNaN(writtenAt) ? null : writtenAt,
    tokens: metadata.usage?.total_tokens ?? null,
    costUsd: metadata.cost_usd,
    generationMs: metadata.duration_ms,
    doubts: metadata.doubts ?? [],
    batch: metadata.batch,
    accepted: metadata.accepted_at !== null,
  };
}

/** Why a text was set aside. An edited file may lack the reason. */
export function setAsideReasonOf({ set_aside }: ReadMetadata): SetAsideReason {
  return set_aside ?? { kind: 'unusable', code: 'unknown', reason: '까닭이 적혀 있지 않습니다' };
}
