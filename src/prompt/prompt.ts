import type { AxisCards, Premise } from './cards.js';
import type { Template } from './template.js';

/** What the next story keeps away from. */
export interface RecentStory {
  title: string;
  /** The first sentence. */
  opening: string;
}

/** The two texts of one request. */
export interface Prompt {
  /** The same for every story, so that an endpoint can cache it. */
  system: string;
  /** What changes: the premise, the template, the wish. */
  user: string;
  /** Once an answer was cut off: what of it stands, and how the rest is asked for. */
  rest?: { written: string; ask: string };
}

const SYSTEM = `당신은 한국어로 심리 호러 단편을 쓰는 소설가다. 독자는 이 장르를 오래 읽어 온 어른이고, 잠들기 전에 한 편을 끝까지 읽는다.

이야기
- 배경은 오늘의 한국이다. 지명, 직업, 물건, 말투가 실제로 있을 법해야 한다.
- 공포는 일상의 작은 어긋남에서 시작해 한 단계씩 조여 온다. 피와 비명, 갑작스러운 놀람에 기대지 않는다. 독자가 인물보다 반 발 먼저 알아차리게 한다.
- 인물은 소재에 적힌 처지에서 출발하고, 그 처지가 공포와 맞물린다. 서술 형식은 첫 문장부터 마지막 문장까지 지키되, 형식을 설명하지 않는다.
- 구체적인 감각(소리, 냄새, 온도, 손에 닿는 것)으로 장면을 세운다. "무서웠다", "소름이 돋았다"처럼 감정을 이름으로 부르는 대신 몸과 사물이 말하게 한다.
- 시작, 고조, 반전, 결말이 모두 있다. 반전은 앞에 놓아둔 단서에서 나오고, 꿈이나 환각, 정신병으로 되돌리지 않는다. 마지막 문장은 설명하지 않고 남는다.
- 흔한 첫 장면(출근길 지하철, 비 오는 밤의 운전, 알람에 깨는 아침)과 흔한 장치(거울 속의 나, 오래된 인형, 잔혹한 살인마)를 피한다.

형식
- 첫 줄은 "# 제목"이다. 제목은 이 이야기에만 어울리는 구체적인 말로 짓는다.
- 제목 아래 본문은 3,000자에서 4,000자 사이이고(공백 포함), 문단 사이는 한 줄을 비운다. 소제목, 목록, 굵은 글씨를 쓰지 않는다.
- 한 번의 답에 이야기를 끝까지 쓴다. "계속", "끝", 글자 수, 해설, 인사말 없이 이야기만 쓴다.`;

const ASK_FOR_REST = `길이 한도에 걸려 글이 여기서 끊겼습니다. 마지막 문장 바로 다음 문장부터 이어서 결말까지 써 주세요. 제목과 이미 쓴 문장은 되풀이하지 말고, 이어지는 본문만 쓰세요.`;

/** The same request, gone on with after an answer that was cut off. */
export function askForRest({ system, user }: Prompt, written: string): Prompt {
  return { system, user, rest: { written, ask: ASK_FOR_REST } };
}

/** How the user wants every story. */
export interface PromptStyle {
  template: Template | null;
  request: string | null;
}

/** The longest request that can come of these cards: no call's is longer. */
export function longestPrompt(axes: readonly AxisCards[], style: PromptStyle): Prompt {
  const longest = axes.map(
    ({ axis, cards }) =>
      [axis, cards.reduce((a, b) => (Buffer.byteLength(b.text) > Buffer.byteLength(a.text) ? b : a))] as const,
  );
  return composePrompt(Object.fromEntries(longest) as Premise, axes, style);
}

/**
 * Composes the request for one story. Pure.
 * @param recent the stories whose titles and openings it is to keep away from
 * @param axes the Korean names of the axes, in the order in which they are listed
 */
export function composePrompt(
  premise: Premise,
  axes: readonly AxisCards[],
  { template, request }: PromptStyle,
  recent: readonly RecentStory[] = [],
): Prompt {
  const parts = [
    '아래 소재로 호러 단편 한 편을 써 주세요. 소재는 나열하지 말고, 하나의 이야기로 서로 맞물리게 하세요.',
    axes.map(({ axis, label }) => `- ${label}: ${premise[axis].text}`).join('\n'),
  ];
  if (recent.length > 0) {
    const lines = recent.map(({ title, opening }) => `- 「${title}」 ${opening}`);
    parts.push(
      `최근에 쓴 이야기의 제목과 첫 문장입니다. 제목도, 첫 장면도, 첫 문장의 꼴도 이것들과 닮지 않게 하세요.\n\n${lines.join('\n')}`,
    );
  }
  if (template !== null) {
    parts.push(`다음 틀을 지켜 주세요. 위의 소재와 부딪히는 곳에서는 틀을 따릅니다.\n\n${template.text}`);
  }
  if (request !== null) {
    parts.push(`특별한 요청이 있습니다. 다른 무엇보다 먼저 지켜 주세요.\n\n${request}`);
  }
  return { system: SYSTEM, user: parts.join('\n\n') };
}
