import type { Axis, AxisCards, Card, Premise } from './cards.js';
import { SYSTEM } from './system-prompt.js';
import type { Template } from './template.js';

/** A story that the next one is to keep away from. What is not known of it is left out. */
export interface RecentStory {
  title: string;
  /** The first sentence. */
  opening: string;
  /** The last sentence. */
  ending?: string;
  /** The text of its structure card. */
  structure?: string;
}

/** The texts of one request. */
export interface Prompt {
  /** The same for every story: what holds for all of them. */
  system: string;
  /** What changes: the premise, the recent stories, the template, the request. */
  user: string;
  /** Set once an answer was cut off: the part that is kept, and the question for the rest. */
  rest?: { written: string; ask: string };
}

const ASK_FOR_REST = `길이 한도에 걸려 글이 여기서 끊겼습니다. 마지막 문장 바로 다음 문장부터 이어서 결말까지 써 주세요. 제목과 이미 쓴 문장은 되풀이하지 말고, 이어지는 본문만 쓰세요.`;

/** The request that continues an answer which was cut off. */
export function askForRest({ system, user }: Prompt, written: string): Prompt {
  return { system, user, rest: { written, ask: ASK_FOR_REST } };
}

/** What the user wants of every story. */
export interface PromptStyle {
  template: Template | null;
  request: string | null;
}

/**
 * The longest request that these cards can lead to.
 * @param recent the stories to keep away from; none by default
 */
export function longestPrompt(
  axes: readonly AxisCards[],
  style: PromptStyle,
  recent: readonly RecentStory[] = [],
): Prompt {
  const bytesOf = ({ text, note = '' }: Card): number => Buffer.byteLength(text) + Buffer.byteLength(note);
  const longest = axes.map(
    ({ axis, cards }) => [axis, cards.reduce((a, b) => (bytesOf(b) > bytesOf(a) ? b : a))] as const,
  );
  return composePrompt(Object.fromEntries(longest) as Premise, axes, style, recent);
}

/** How the premise is grouped; system-prompt.ts says what each group is for. */
const GROUPS: readonly { heading: string; axes: readonly Axis[] }[] = [
  { heading: '중심', axes: ['turn', 'presence', 'person'] },
  { heading: '배경', axes: ['place', 'time', 'fear', 'device'] },
  { heading: '꼴', axes: ['structure', 'form'] },
];

/**
 * Composes the request for one story. Pure. Text that is not ours stands in tags of its own, so that no line of it can be
 * taken for an instruction of the system text.
 * @param axes the Korean names of the axes, and the notes of the cards
 * @param recent the stories to keep away from, oldest first
 */
export function composePrompt(
  premise: Premise,
  axes: readonly AxisCards[],
  { template, request }: PromptStyle,
  recent: readonly RecentStory[] = [],
): Prompt {
  const groups = GROUPS.map(
    (group) => `${group.heading}\n${group.axes.flatMap((axis) => linesOf(axis, premise, axes)).join('\n')}`,
  );
  const parts = [
    ...(recent.length > 0 ? [tagged('최근', recent.map(recentLines).join('\n'))] : []),
    tagged('소재', groups.join('\n\n')),
    ...(template !== null ? [tagged('틀', template.text)] : []),
    ...(request !== null ? [tagged('요청', request)] : []),
    `위의 소재로 단편 한 편을 쓴다.${recent.length > 0 ? ` ${KEEP_AWAY}` : ''}`,
  ];
  return { system: SYSTEM, user: parts.join('\n\n') };
}

const KEEP_AWAY = '이야기의 이름, 첫 문장의 꼴, 일이 풀리는 순서, 끝나는 방식이 <최근>의 어느 것과도 닮지 않게 한다.';

/** `- 장소: …`, and the card's note below it. */
function linesOf(axis: Axis, premise: Premise, axes: readonly AxisCards[]): string[] {
  const { id, text } = premise[axis];
  const known = axes.find((other) => other.axis === axis);
  const note = known?.cards.find((card) => card.id === id)?.note;
  return [`- ${known?.label ?? axis}: ${text}`, ...(note === undefined ? [] : [`  ${note}`])];
}

function recentLines({ title, opening, ending, structure }: RecentStory): string {
  return [
    `- 「${flat(title)}」 ${flat(opening)}`,
    ...(ending === undefined ? [] : [`  끝 문장: ${flat(ending)}`]),
    ...(structure === undefined ? [] : [`  구조: ${flat(structure)}`]),
  ].join('\n');
}

function flat(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** A text that holds the closing tag itself must not end it early. */
function tagged(tag: string, text: string): string {
  return `<${tag}>\n${text.replaceAll(`</${tag}>`, `(/${tag})`)}\n</${tag}>`;
}
