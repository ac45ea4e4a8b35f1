import { formatNumber } from '../../lib/format-number.js';
import { clockTime, formatDuration } from '../../lib/format-time.js';
import { type CheckResult, failAt, note, pass, skip } from '../catalog.js';
import { notesOf, placesOf, type RunEvidence, skipReason, withSettings } from '../run-evidence.js';
import { type Gap, gapLength, gapsOf, isTooLong } from './gaps.js';
import { endOf } from './limits.js';

// Criterion 3: whole stories, one after another, without gaps.

/** The checks of criterion 3. */
export function checkStories(evidence: RunEvidence): CheckResult[] {
  const stories = evidence.pairs.filter(({ location }) => location === 'stories');
  const setAside = evidence.pairs.filter(({ location }) => location === 'set-aside').length;
  const setAsideText = setAside === 0 ? '' : `, 따로 보관 ${formatNumber(setAside)}쌍`;
  const pairCount = `${formatNumber(evidence.pairs.length)}쌍`;
  const wrong = (...codes: Parameters<typeof placesOf>[1][]) => placesOf(evidence, ...codes);
  return [
    failAt(
      'pairs',
      `${formatNumber(stories.length)}쌍${setAsideText}`,
      wrong('missing_metadata', 'missing_text', 'unreadable_metadata'),
    ),
    failAt('checksums', pairCount, wrong('checksum')),
    failAt('frontmatter', pairCount, wrong('frontmatter', 'metadata_key', 'metadata_value')),
    failAt('word_counts', `${formatNumber(charactersOf(evidence))}자`, wrong('word_count')),
    failAt('whole_stories', `${formatNumber(stories.length)}편`, wrong('not_whole')),
    checkDoubtful(evidence),
    failAt('unique_stories', `${formatNumber(stories.length)}편`, wrong('same_text')),
    failAt('sequence', sequenceOf(evidence), wrong('sequence')),
    checkGaps(evidence),
  ];
}

/** A story with doubts was saved, so that nothing is lost: whether it is good is for a person to say. */
function checkDoubtful(evidence: RunEvidence): CheckResult {
  const code = 'doubtful_stories';
  const places = notesOf(evidence, 'doubtful');
  if (places.length === 0) return pass(code, '없음');
  const stories = new Set(places.map(({ where }) => where)).size;
  return note(code, `${formatNumber(stories)}편을 열어 보세요`, places);
}

function charactersOf({ pairs }: RunEvidence): number {
  return pairs.reduce((sum, { characters }) => sum + characters, 0);
}

function sequenceOf({ run }: RunEvidence): string {
  const { stories } = run.state.statistics;
  return stories === 0 ? '소설 없음' : `1번부터 ${formatNumber(stories)}번까지`;
}

function checkGaps(evidence: RunEvidence): CheckResult {
  const code = 'gaps';
  if (withSettings(evidence).length === 0) return skip(code, skipReason(evidence));
  const gaps = gapsOf(evidence.processes, lastGapEnd(evidence));
  const [first, ...others] = gaps;
  if (first === undefined) return skip(code, '간격을 잴 수 있는 소설이 없습니다');
  // The gap that exceeds its allowance the most; when none does, the longest.
  const excess = (gap: Gap) => gapLength(gap) - gap.allowedMs;
  const tooLong = gaps.filter(isTooLong);
  const weight = tooLong.length > 0 ? excess : gapLength;
  const worst = others.reduce((most, gap) => (weight(gap) > weight(most) ? gap : most), first);
  const figure = `${formatDuration(gapLength(worst))} / 허용 ${formatDuration(worst.allowedMs)}`;
  if (tooLong.length === 0) return pass(code, figure);
  return failAt(
    code,
    figure,
    tooLong.map((gap) => ({
      where: `${clockTime(gap.from)} - ${clockTime(gap.to)}, ${gap.endedBy}`,
      message: `${formatDuration(gapLength(gap))} / 허용 ${formatDuration(gap.allowedMs)}`,
    })),
  );
}

function lastGapEnd(evidence: RunEvidence): { at: number; endedBy: string } | null {
  if (evidence.status === 'running') return { at: evidence.now, endedBy: '지금까지' };
  const end = endOf(evidence);
  return end === null ? null : { at: end.at, endedBy: '실행의 끝까지' };
}
