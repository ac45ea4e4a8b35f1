import { LONGEST_MARK_LINE, LONGEST_TALK } from '../../thresholds.js';
import { bare, headingOf, isDecorated, isEmphasised, isListItem, isRule, labelOf } from './lines.js';
import { isOnly } from './vocabulary.js';

// Headings and labels below which a model comments on what it wrote.

/** sure: no story names a part of its own so. */
export type SectionKind = 'note' | 'sure' | 'teaser' | 'summary';

/** Headings and labels that open notes: `## 작가의 말`, `**의도:** …`, `수정 사항:`. */
export function sectionOf(line: string): SectionKind | null {
  if (line.length > LONGEST_TALK || isListItem(line)) return null;
  const heading = headingOf(line);
  const label = labelOf(line);
  const unquoted = line.replace(/^(?:[\s>]|\p{Extended_Pictographic}|\ufe0f)+/u, '');
  const plain = isEmphasised(unquoted) && label === null ? bare(unquoted) : '';
  const key = heading !== null ? bare(heading.text).replace(/[:：].*$/u, '') : (label?.key ?? plain);
  if (TEASER.test(key) || (label === null && isDecorated(line) && NEXT_PART.test(bare(line)))) return 'teaser';
  if (key === '' || key.length > 30) return null;
  const isSetOff =
    heading !== null ||
    plain !== '' ||
    label?.isSetOff === true ||
    label?.value === '' ||
    SURE_NOTE.test(key) ||
    IN_BRACKETS.test(line);
  if (!isSetOff || FICTION_NOTE.test(key)) return null;
  if (SUMMARY.test(key.replace(/\s*\([^)]{1,12}\)?$/u, ''))) return 'summary';
  if (!NOTE_WORD.test(key) || !isOnly('note', key)) return null;
  return SURE_NOTE.test(key) ? 'sure' : 'note';
}

const IN_BRACKETS = /^\s*[*_]{0,2}[([（].*[)\]）][*_]{0,2}\s*$/u;

/** Is a line nothing but a word for notes: `등장인물`, `사용한 소재`? */
export const isNoteName = (name: string): boolean =>
  !FICTION_NOTE.test(name) && NOTE_WORD.test(name) && isOnly('note', name);

const TEASER =
  /^(?:다음\s?(?:화|편|회|에피소드)(?:\s?(?:예고|미리\s?보기))?|다음\s?이야기\s?예고|예고(?:편)?|next (?:episode|chapter|time)(?: preview)?|coming next|teaser|preview)$/iu;
/** `(다음 화에서는 …)`: what comes next, in a sentence. */
const NEXT_PART = /^다음\s?(?:화|편|회)(?:에서는|에서|에는|\s?예고|\s*[▶→➡:：\-–—「『〈《"“])/u;
/** What happened, in short: above a story it is a plan, below it a summary. */
const SUMMARY =
  /^(?:(?:전체\s?)?(?:줄거리|내용|이야기|작품|소설)\s?요약|시놉시스|한\s?(?:줄|문장)\s?(?:요약|소개)|(?:brief )?summary|synopsis|logline|tl;?dr)$/iu;
const SURE_NOTE =
  /^(?:작가의?\s?(?:말|노트|후기)|작품\s?해설|집필\s?의도|작성\s?(?:의도|노트|메모)|창작\s?노트|작업\s?(?:노트|메모)|author'?s? notes?)$/iu;
/** Notes that belong to found papers: of an editor, of whoever found them. */
const FICTION_NOTE = /편집자|엮은이|옮긴이|역자|발견자|관리자|담당|접수|수거|검시|수사|의사|간호/u;
const NOTE_WORD =
  /작가|사용|요소|적용|후보|활용|해설|해석|의도|노트|메모|수정|변경|퇴고|체크|평가|검토|검수|점검|복선|떡밥|설정|소재|장치|예고|후기|참고|제안|개선|피드백|분석|구성|포인트|주제|상징|등장인물|문체|일치|지수|점수|완성도|총평|특징|기법|연출|면책|고지|품질|준수|조건|질문|감상|코멘트|한마디|비하인드|덧붙임|뒷이야기|요청|이야기|소설|작품|note|comment|analysis|revision|change|checklist|review|evaluation|preview|afterword|disclaimer|theme|technique|interpretation|explanation|feedback/iu;

/** Says that the story is invented, or who wrote it. */
export function isDisclaimer(line: string): boolean {
  if (line.length > LONGEST_TALK || !(isDecorated(line) || /^\s*※/u.test(line))) return false;
  return /(?:본|이)\s?(?:작품|소설|이야기|글|단편|콘텐츠)[^\n]{0,40}(?:허구|픽션|창작|실제[^\n]{0,20}(?:무관|관련이?\s?없)|AI|인공지능)|(?:AI|인공지능|Claude|클로드|GPT|챗봇)[^\n]{0,20}(?:작성|생성|창작|집필|쓴|씀|지음)|(?:generated|written) (?:by|with) (?:an )?(?:AI|Claude|GPT)|영감을\s?(?:받|얻)/iu.test(
    line,
  );
}

/** Do the lines of a block make a table that rates or sums up the text: every row is named by a word for that? */
export function isRatingTable(rows: readonly string[]): boolean {
  if (rows.length < 2 || !rows.every((row) => /^\s*\|.*\|\s*$/.test(row))) return false;
  const isRule = (row: string) => /^[\s|:-]+$/.test(row);
  // A row above a rule names the columns.
  const cells = rows.filter((row, at) => !isRule(row) && !isRule(rows[at + 1] ?? ''));
  const names = cells.map((row) => row.split('|')[1]?.trim() ?? '');
  return names.length > 0 && names.every((name) => isOnly('note', name) || isOnly('meta', name));
}

const TRANSLATION =
  /^(?:english(?: (?:version|translation))?|translation|영문(?:판|본|\s?번역)?|영어(?:판|\s?번역|\s?버전)?|번역(?:본)?)$/iu;

/** The line from which on an answer tells its story once more in another language; null when it does not. */
export function translationIn(lines: readonly string[]): number | null {
  const at = lines.findLastIndex(
    (line) => line.length <= LONGEST_MARK_LINE && ((TRANSLATION.test(bare(line)) && isDecorated(line)) || isRule(line)),
  );
  if (at <= 0) return null;
  const below = lines.slice(at + 1).join('\n');
  const [letters, hangul] = [below.match(/\p{L}/gu)?.length ?? 0, below.match(/[가-힣]/g)?.length ?? 0];
  // Below a mere rule a line or two may be words on a screen.
  const fewest = isRule(lines[at] ?? '') ? LONGEST_TALK : 1;
  return letters >= fewest && hangul < letters / 10 ? at : null;
}
