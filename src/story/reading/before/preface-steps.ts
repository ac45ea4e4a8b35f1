import { doubtOf } from '../../doubts.js';
import { LONGEST_WARNING, OPENING_CHARACTERS, SHORTEST_PARAGRAPH } from '../../thresholds.js';
import { bare, isDecorated, isListItem, isQuoted, isRule, labelOf } from '../forms/lines.js';
import { isCount, isWritingDate } from '../forms/marks.js';
import { isBodyLabel, isByline, isFormBlock, isRole, metadataLines } from '../forms/metadata.js';
import { announcesTags, isHashtags, isTagLine, tagsIn, tagsOfLine } from '../forms/tags.js';
import { craftWordsOf, isAllTalk, weighTalk } from '../forms/talk.js';
import { isFormLine, labelledTitle, sameTitle } from '../forms/title.js';
import type { Cursor, Taken } from './cursor.js';
import { frontmatterAt, openFrontmatterAt } from './model-frontmatter.js';

// Steps from the top of an answer that take what stands before a story. Each says what it takes; null when nothing of
// its kind is here.

/** A rule, unless it belongs to the head of a form. */
export function rule(cursor: Cursor): Taken | null {
  if (!isRule(cursor.line())) return null;
  const next = cursor.next(cursor.at + 1);
  const isFirst = cursor.title === null && cursor.at === cursor.next(0);
  const isHead = isFirst && isFormLine(cursor.line(next)) && cursor.titleAt(next) === null;
  return isHead ? null : { to: cursor.at + 1, what: 'rule' };
}

export function frontmatter(cursor: Cursor): Taken | null {
  const found = frontmatterAt(cursor.lines, cursor.at) ?? openFrontmatterAt(cursor.lines, cursor.at);
  if (found === null) return null;
  const title = cursor.title === null && found.title !== null ? { title: found.title } : {};
  return { to: found.to, what: 'frontmatter', tags: found.tags, ...title };
}

/** Lines that tell about the text: title, genre, length, tags, author; and those that say that it follows. */
export function labels(cursor: Cursor): Taken | null {
  const line = cursor.line();
  if (isHashtags(line)) return { to: cursor.at + 1, what: 'tags', tags: tagsIn(line) };
  if (isBodyLabel(line) || isRole(line)) return { to: cursor.at + 1, what: 'label' };
  if (isCount(line) && isDecorated(line)) return { to: cursor.at + 1, what: 'count' };
  if (isWritingDate(line) && isDecorated(line)) return { to: cursor.at + 1, what: 'date' };
  const block = cursor.block();
  if (isFormBlock(cursor.lines, block)) return null;
  const labelled = labelledTitle(line);
  if (labelled !== null) {
    if (labelled !== '') {
      const isNew = cursor.title === null || sameTitle(labelled, cursor.title);
      if (!isNew) return { to: cursor.at + 1, what: 'label' };
      return { to: cursor.at + 1, what: 'title', ...(cursor.title === null ? { title: labelled } : {}) };
    }
    if (cursor.title !== null) return null;
    cursor.expectsTitle = true;
    return { to: cursor.at + 1, what: 'label' };
  }
  const tags = tagsOfLine(line);
  if (tags !== null && tags.length > 0) return { to: cursor.at + 1, what: 'tags', tags };
  if (announcesTags(line)) {
    const list = cursor.block(cursor.at + 1);
    const text = cursor.textOf(list);
    if (text !== '' && text.split('\n').every(isTagLine)) return { to: list.to, what: 'tags', tags: tagsIn(text) };
  }
  const end = metadataLines(cursor.lines, block);
  if (end !== null) return { to: end, what: 'label' };
  const isTop = cursor.title !== null || cursor.titleAt(cursor.next(cursor.at + 1)) !== null;
  return isTop && isByline(line) && isDecoratedOrTop(line) ? { to: cursor.at + 1, what: 'label' } : null;
}

/** Says yes to a request, and nothing else: a model's word, or the first line of a dialogue. */
const COMPLIES = /^(?:(?:네|예|넵)[,.!]?\s*)?(?:알겠습니다|알겠어요|물론입니다|물론이죠|좋습니다)[.!~]*$/u;

/** A letter calls whom it is for. */
const ADDRESSES =
  /^(?!사용자|의뢰|요청)\S{1,10}(?:님|씨|선생|과장|팀장|대표)?(?:님|씨|께|에게|한테)(?:께|에게)?[,，]\s/u;

/** Greetings and promises. How sure that is depends on what follows, and on how the story itself speaks. */
export function talk(cursor: Cursor): Taken | null {
  const block = cursor.block();
  const first = { from: cursor.at, to: cursor.at + 1 };
  for (const span of block.to - block.from > 1 ? [block, first] : [block]) {
    const text = cursor.textOf(span);
    const { score, refersToRequest, acknowledges, promises, isOfAModel } = weighTalk(text);
    // A model does not call by name whom it answers.
    if (ADDRESSES.test(text)) continue;
    // What somebody says in a story stands in quotation marks.
    if (score === 0 || (score < 2 && /^["“'‘「『]/.test(text))) continue;
    const isPolite = cursor.storyIsPolite();
    const isSure = score >= (isPolite ? 4 : 2) || (refersToRequest && score >= 3);
    // A person too may greet, and present what is a diary or a record.
    const isPromise = promises || (acknowledges && text.length <= SHORTEST_PARAGRAPH);
    const isAboveForm = isPromise && !text.startsWith('안녕') && cursor.formBegins(span.to);
    if (isSure || cursor.leadsToTitle(span.to) || isAboveForm) return { to: span.to, what: 'talk' };
    // Letters and posts hope to be read as models do, but name no work and offer nothing.
    const saysMore = acknowledges || promises || isOfAModel;
    const isPoliteTalk = (score >= 2 && saysMore) || COMPLIES.test(text);
    const isDoubtful = isPolite ? isPoliteTalk : acknowledges && isAllTalk(text);
    if (isDoubtful) cursor.doubts.push(doubtOf('unclear_preface', text.slice(0, 30)));
  }
  return null;
}

/** `콘텐츠 경고: 죽음, 상실`: a label that no sign or paper in a story has. */
const CONTENT_WARNING =
  /^(?:(?:콘텐츠|컨텐츠|내용|트리거|소재|묘사)\s?(?:경고|주의|알림|안내)|(?:content|trigger) (?:warning|note)s?|[ct]w)$/iu;

/** `1단계: 인물 설정` */
const STEP = /^\s*\d{1,2}\s?(?:단계|step)\s*[:：.)]/iu;

/** Work notes: a quotation, a list or a bracket that speaks of the craft, above the title or set off from the story. */
export function notes(cursor: Cursor): Taken | null {
  const block = cursor.block();
  const lines = cursor.lines.slice(block.from, block.to);
  const text = lines.join('\n');
  if (text.length > OPENING_CHARACTERS) return null;
  const label = labelOf((lines[0] ?? '').replace(/⚠️?/gu, ''));
  if (label !== null && CONTENT_WARNING.test(label.key) && text.length <= LONGEST_WARNING) {
    return cursor.title !== null || cursor.leadsToTitle(block.to) ? { to: block.to, what: 'note' } : null;
  }
  if (
    text.length <= LONGEST_WARNING &&
    /^\s*[[(*_>]*\s*(?:※|⚠️?|(?:내용|콘텐츠)?\s?(?:주의|경고)\s*[:：])/u.test(text)
  ) {
    const isWarning = /(?:묘사|장면|내용|표현)[^\n]{0,40}(?:포함|있|담)|허구|픽션|실제\s?(?:인물|단체|사건)/u.test(
      text,
    );
    return isWarning ? { to: block.to, what: 'note' } : null;
  }
  const isSetOff = lines.every(
    (line) => isQuoted(line) || isListItem(line) || labelOf(line)?.isSetOff === true || STEP.test(line),
  );
  if (!isSetOff || craftWordsOf(text) < 2) return null;
  return cursor.leadsToTitle(block.to) ? { to: block.to, what: 'note' } : null;
}

/** A kind of text named in running words may be the first line of a story; in brackets or emphasis it labels it. */
const isDecoratedOrTop = (line: string): boolean => isDecorated(line) || bare(line).length <= 20;
