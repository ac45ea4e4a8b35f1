import { formatNumber } from '../../lib/format-number.js';
import { clockTime, formatDuration } from '../../lib/format-time.js';
import { type CheckResult, failAt, pass, skip } from '../catalog.js';
import { placesOf, type RunCase, tellingLives, whyUntold } from '../run-evidence.js';
import { type Gap, gapsOf, isTooLong, lengthOf } from './gaps.js';
import { endOf } from './limits.js';

// Criterion 3: one whole story after another.

export function checkContinuity(c: RunCase): CheckResult[] {
  const stories = c.pairs.filter(({ place }) => place === 'stories');
  const setAside = c.pairs.filter(({ place }) => place === 'set-aside').length;
  const aside = setAside === 0 ? '' : `, 따로 보관 ${formatNumber(setAside)}쌍`;
  const all = `${formatNumber(c.pairs.length)}쌍`;
  const wrong = (...codes: Parameters<typeof placesOf>[1][]) => placesOf(c, ...codes);
  return [
    failAt(
      'pairs',
      `${formatNumber(stories.length)}쌍${aside}`,
      wrong('missing_metadata', 'missing_text', 'unreadable_metadata'),
    ),
    failAt('checksums', all, wrong('checksum')),
    failAt('frontmatter', all, wrong('frontmatter', 'metadata_key')),
    failAt('word_counts', `${formatNumber(charactersOf(c))}자`, wrong('word_count')),
    failAt('whole_stories', `${formatNumber(stories.length)}편`, wrong('not_whole')),
    failAt('unique_stories', `${formatNumber(stories.length)}편`, wrong('same_text')),
    failAt('sequence', sequenceOf(c), wrong('sequence')),
    checkGaps(c),
  ];
}

function charactersOf({ pairs }: RunCase): number {
  return pairs.reduce((sum, { characters }) => sum + characters, 0);
}

function sequenceOf({ run }: RunCase): string {
  const { stories } = run.state.statistics;
  return stories === 0 ? '소설 없음' : `1번부터 ${formatNumber(stories)}번까지`;
}

function checkGaps(c: RunCase): CheckResult {
  const code = 'gaps';
  if (tellingLives(c).length === 0) return skip(code, whyUntold(c));
  const gaps = gapsOf(c.lives, untilWhen(c));
  const [first, ...others] = gaps;
  if (first === undefined) return skip(code, '간격을 잴 수 있는 소설이 없습니다');
  // Where some are too long, the one that is the most so; else simply the longest.
  const excess = (gap: Gap) => lengthOf(gap) - gap.allowed;
  const tooLong = gaps.filter(isTooLong);
  const weight = tooLong.length > 0 ? excess : lengthOf;
  const worst = others.reduce((most, gap) => (weight(gap) > weight(most) ? gap : most), first);
  const figure = `${formatDuration(lengthOf(worst))} / 허용 ${formatDuration(worst.allowed)}`;
  if (tooLong.length === 0) return pass(code, figure);
  return failAt(
    code,
    figure,
    tooLong.map((gap) => ({
      where: `${clockTime(gap.from)} - ${clockTime(gap.to)}, ${gap.what}`,
      message: `${formatDuration(lengthOf(gap))} / 허용 ${formatDuration(gap.allowed)}`,
    })),
  );
}

function untilWhen(c: RunCase): { at: number; what: string } | null {
  if (c.status === 'running') return { at: c.now, what: '지금까지' };
  const end = endOf(c);
  return end === null ? null : { at: end.at, what: '실행의 끝까지' };
}
