import type { Doubt } from '../../doubts.js';
import { doubtOf } from '../../doubts.js';
import { LEAST_AFTER_THINKING, LEAST_STORY_SHARE, LONGEST_LEAD, SHORTEST_PARAGRAPH } from '../../thresholds.js';
import { isNarrative, weighTalk } from '../forms/talk.js';
import type { RemovedText } from '../removed-text.js';

// What a chat template or a reasoning model leaves in the text channel: special tokens, and thinking between tags.

/** A text that something was taken from. */
export interface Stripped {
  text: string;
  removed: RemovedText[];
  doubts: Doubt[];
}

/** Names of elements that hold thinking, in the words of several vendors. */
const THINKING =
  'think|thinking|thought|thoughts|thought_process|reasoning|reasoning_content|scratchpad|scratch_pad|inner_monologue|internal_monologue|ant_?thinking|seed:think|thinking_process|chain_of_thought';
/** Names that may stand for something else in a story: they count only where both tags are there. */
const OTHER =
  'reason|reflection|reflect|analysis|planning|plan|cot|brainstorm|brainstorming|draft_notes|notes|생각|사고|사고과정|추론|구상|기획|분석';

/** `<think>`, `</think>`, `[THINK]`, `◁/think▷`, `<|START_THINKING|>`. */
const REASONING_TAG = new RegExp(
  [
    `<(?<slash>/?)\\s*(?<name>${THINKING}|${OTHER})(?:\\s+[a-z]+=[^<>\\n]{0,60})?\\s*>`,
    '\\[(?<bracketSlash>/?)(?:THINK|THINKING|REASONING|THOUGHT)\\]',
    '◁(?<triangleSlash>/?)think▷',
    '<\\|(?<edge>START|END)_(?:THINKING|REASONING)\\|>',
    '<(?<unused>unused94|unused95)>(?:thought\\b)?',
  ].join('|'),
  'giu',
);
const IS_OTHER = new RegExp(`^(?:${OTHER})$`, 'iu');

/** The thinking of the Harmony format ends where its final channel begins. */
const FINAL_CHANNEL = /<\|channel\|>\s*final\b[^<\n]{0,40}<\|message\|>/gi;

/** `<|im_end|>`, `<｜end▁of▁sentence｜>`, `[/INST]`, `<end_of_turn>` and their like, with the role that follows one. */
const SPECIAL_TOKEN =
  /<[|｜][\w▁ :-]{1,40}[|｜]>(?:(?:system|user|assistant|analysis|commentary|final|model)\b)?|\[\/?INST\]|<<\/?SYS>>|<(?:start|end)_of_turn>(?:(?:user|model)\b)?|<\/?(?:bos|eos|eot|pad|unk|endoftext)>|<eos_token>|<0x[0-9A-F]{2}>|^<s>|<\/s>$/giu;

/** Tokens after which the model's turn is over. */
const END_TOKEN = /end|eot|eos|return|call|im_start|inst|<\/s>|<pad>/i;

/** Who speaks, in front of a heading. */
const ROLE = /^(?:assistant|model|ai|claude|답변|응답)\s*[:：]\s*(?=#)/iu;

/** The next turn of a model that writes both sides of a conversation. */
const NEXT_TURN = /\n\n(?:Human|User|H|USER): \S/g;

interface Tag {
  from: number;
  to: number;
  isClosing: boolean;
}

/** Takes special tokens away, with what ran on after the last word of the model's turn. */
export function stripTokens(text: string): Stripped {
  const removed: RemovedText[] = [];
  const final = [...text.matchAll(FINAL_CHANNEL)].at(-1);
  let rest = text;
  if (final !== undefined) {
    const end = final.index + final[0].length;
    removed.push({ what: 'reasoning', where: 'before', text: text.slice(0, end).trim() });
    rest = text.slice(end);
  }
  rest = rest.trim();
  const role = ROLE.exec(rest)?.[0] ?? '';
  if (role !== '') removed.push({ what: 'token', where: 'before', text: role.trim() });
  rest = rest.slice(role.length);
  const nextTurn = [...rest.matchAll(NEXT_TURN)].find(({ index }) => index >= rest.length * LEAST_STORY_SHARE);
  const runOn = nextTurn === undefined ? '' : rest.slice(nextTurn.index).trim();
  rest = nextTurn === undefined ? rest : rest.slice(0, nextTurn.index).trimEnd();
  if (runOn !== '') removed.push({ what: 'token', where: 'after', text: runOn });
  const tokens = [...rest.matchAll(SPECIAL_TOKEN)];
  if (tokens.length === 0) return { text: rest, removed, doubts: [] };
  const turnEnd = tokens.find((token) => END_TOKEN.test(token[0]) && token.index >= rest.length * LEAST_STORY_SHARE);
  const story = turnEnd === undefined ? rest : rest.slice(0, turnEnd.index);
  const parts: string[] = [];
  let at = 0;
  for (const token of tokens) {
    if (token.index >= story.length) break;
    parts.push(story.slice(at, token.index));
    at = token.index + token[0].length;
    const where = parts.join('').trim() === '' ? 'before' : story.slice(at).trim() === '' ? 'after' : 'inside';
    removed.push({ what: 'token', where, text: token[0] });
  }
  parts.push(story.slice(at));
  if (turnEnd !== undefined) removed.push({ what: 'token', where: 'after', text: rest.slice(turnEnd.index).trim() });
  return { text: parts.join('').trim(), removed, doubts: [] };
}

/**
 * Takes thinking away that stands before the story or after it: between tags, before a closing tag alone, or from an
 * opening tag alone to the title. Thinking in the middle may be the story's own, and stays with a doubt.
 */
export function stripReasoning(text: string): Stripped {
  const tags = tagsOf(text);
  if (tags.length === 0) return { text, removed: [], doubts: [] };
  const { blocks, loose } = pair(tags);
  const removed: RemovedText[] = [];
  const kept: string[] = [];
  let [at, lead, stays, isTold] = [0, 0, loose.length, false];
  const take = (from: number, to: number, where: 'before' | 'after') => {
    kept.push(text.slice(at, from));
    removed.push({ what: 'reasoning', where, text: text.slice(from, to).trim() });
    at = to;
  };
  for (const block of blocks) {
    const from = block.from ?? at;
    lead += text.slice(at, from).trim().length;
    isTold ||= lead > LONGEST_LEAD || tells(text.slice(at, from));
    if (!isTold && (block.from !== null || text.length - block.to >= LEAST_AFTER_THINKING)) {
      take(from, block.to, 'before');
    } else if (text.slice(block.to).trim().length <= LONGEST_LEAD) {
      take(block.from ?? block.tag, block.to, 'after');
    } else {
      isTold = true;
      stays++;
    }
  }
  const doubts: Doubt[] = [];
  const open = loose[0];
  if (open !== undefined && open.from >= at) {
    const rest = text.slice(at, open.from);
    if (!isTold && lead + rest.trim().length <= LONGEST_LEAD && !tells(rest)) {
      // Without a title nothing but thinking came.
      const title = nextHeading(text, open.to) ?? text.length;
      doubts.push(doubtOf('unclosed_reasoning'));
      take(open.from, title, 'before');
      stays--;
    } else if (open.from - at > text.length - open.to) {
      take(open.from, text.length, 'after');
      stays--;
    }
  }
  if (stays > 0) doubts.push(doubtOf('reasoning_inside'));
  kept.push(text.slice(at));
  return { text: kept.join('').trim(), removed, doubts };
}

/** Has the story begun here? Greetings and titles are short or talk. */
function tells(lead: string): boolean {
  if (lead.length > LONGEST_LEAD) return true;
  const blocks = lead.split(/\n\s*\n/).filter((block) => block.trim().length > SHORTEST_PARAGRAPH);
  return blocks.some((block) => isNarrative(block) && weighTalk(block).score === 0);
}

function tagsOf(text: string): Tag[] {
  const tags = [...text.matchAll(REASONING_TAG)].map((match) => {
    const { slash, name = '', bracketSlash, triangleSlash, edge, unused } = match.groups ?? {};
    const isClosing =
      [slash, bracketSlash, triangleSlash].includes('/') || edge?.toUpperCase() === 'END' || unused === 'unused95';
    return { from: match.index, to: match.index + match[0].length, isClosing, name: name.toLowerCase() };
  });
  const [opened, closed] = [false, true].map(
    (isClosing) => new Set(tags.filter((tag) => tag.isClosing === isClosing).map(({ name }) => name)),
  );
  return tags.filter(({ name }) => !IS_OTHER.test(name) || (opened?.has(name) === true && closed?.has(name) === true));
}

/** A thought with its end; `from` is null where it began before the text did, and only `tag` closes it. */
interface Block {
  from: number | null;
  tag: number;
  to: number;
}

/** Pairs tags in their order. `loose` are opening tags that are never closed. */
function pair(tags: readonly Tag[]): { blocks: Block[]; loose: Tag[] } {
  const blocks: Block[] = [];
  let open: Tag | null = null;
  for (const tag of tags) {
    if (!tag.isClosing) {
      open ??= tag;
      continue;
    }
    blocks.push({ from: open?.from ?? null, tag: tag.from, to: tag.to });
    open = null;
  }
  return { blocks, loose: open === null ? [] : [open] };
}

function nextHeading(text: string, from: number): number | null {
  const match = /^ {0,3}#{1,3}[ \t]+\S/m.exec(text.slice(from));
  return match === null ? null : from + match.index;
}
