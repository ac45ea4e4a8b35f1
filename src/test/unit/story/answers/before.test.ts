import { type Judged, testAnswers } from '../../../helpers/stories/readings.js';
import { NIGHT_DUTY, WELL } from '../../../helpers/stories/sample-stories/singles.js';

// Answers with a preface or an odd title above a story, and stories that only begin so.

const E = WELL.body;
const T = WELL.title;
const F = NIGHT_DUTY.body;
const t = (text: string) => `# ${T}\n\n${text}`;

const ANSWERS: Judged[] = [
  ['story', 'casual preface', `부탁하신 거 써봤는데 분량이 조금 넘쳤네요 ㅎㅎ 재밌게 봐 주세요~\n\n${t(E)}`, T, E],
  ['story', 'request and result labels', `요청: 우물을 소재로 한 심리 호러\n결과:\n\n${t(E)}`, T, E],
  [
    'story',
    'content warning in brackets',
    `(아래 소설에는 불쾌할 수 있는 묘사가 일부 포함되어 있습니다. 읽으실 때 주의해 주세요.)\n\n${t(E)}`,
    T,
    E,
  ],
  ['story', 'content warning label', `⚠️ 콘텐츠 경고: 죽음, 상실, 폐소 공포\n\n${t(E)}`, T, E],
  ['doubt', 'yes above untitled plain', `네, 알겠습니다.\n\n${E}`, null, `네, 알겠습니다.\n\n${E}`],
  ['doubt', 'yes above untitled polite', `네, 알겠습니다.\n\n${F}`, null, `네, 알겠습니다.\n\n${F}`],
  ['story', 'ready question, rule, untitled', `그럼 지금부터 들려드릴게요. 준비되셨나요?\n\n***\n\n${E}`, null, E],
  ['story', 'english slow-burn', `Okay, here goes — a slow-burn one, about 1,200 characters.\n\n${t(E)}`, T, E],
  [
    'story',
    'what I put in',
    `소재 세 가지(우물, 도장, 의자)를 모두 넣었고, 시점은 1인칭으로 잡았습니다.\n\n${t(E)}`,
    T,
    E,
  ],
  [
    'story',
    'introduction section and body section',
    `# ${T}\n\n## 작품 소개\n\n면사무소 직원이 막힌 우물의 수위를 재게 되는 이야기입니다.\n\n## 본문\n\n${E}`,
    T,
    E,
  ],
  ['story', 'apology for delay', `오래 기다리셨죠? 드디어 완성했습니다. 천천히 즐겨 주세요.\n\n${t(E)}`, T, E],
  [
    'story',
    'how I read the cards',
    `**해석**: 우물은 억압, 도장은 책임의 은유로 보았습니다.\n**전략**: 설명하지 않고 사물로만 보여 주기\n\n${t(E)}`,
    T,
    E,
  ],
  ['doubt', 'age notice', `[15세 이상 열람가]\n\n${t(E)}`, '막힌 우물의 수위', `[15세 이상 열람가]\n\n${t(E)}`],
  ['story', 'english explanation', `I'll keep it restrained and let the objects carry the dread.\n\n${t(E)}`, T, E],
  [
    'story',
    'numbered plan above heading',
    `1단계: 인물 설정\n2단계: 공간 설정\n3단계: 집필\n\n아래가 최종 결과물입니다.\n\n${t(E)}`,
    T,
    E,
  ],
  [
    'story',
    'good idea sentence',
    `좋은 소재입니다! 우물이라는 공간이 주는 느낌이 특히 인상 깊어요. 바로 들어가 볼게요.\n\n${t(E)}`,
    T,
    E,
  ],
  [
    'story',
    'manuscript of a writer stays',
    `# 교정지\n\n편집자님께, 수정 요청하신 부분을 고쳐 보내 드립니다.\n\n${E}\n\n결말은 손대지 못했습니다. 고칠 때마다 원래대로 돌아옵니다.`,
    '교정지',
    `편집자님께, 수정 요청하신 부분을 고쳐 보내 드립니다.\n\n${E}\n\n결말은 손대지 못했습니다. 고칠 때마다 원래대로 돌아옵니다.`,
  ],
  ['story', 'ornament title', `❖ ${T} ❖\n\n${E}`, T, E],
  ['story', 'html centre title', `<center><b>${T}</b></center>\n\n${E}`, T, E],
  ['story', 'title with dash', `제목 - ${T}\n\n${E}`, T, E],
  ['story', 'title label in quotes', `"제목: ${T}"\n\n${E}`, T, E],
  ['story', 'setext level 2', `${T}\n--------\n\n${E}`, T, E],
  ['story', 'bold italic title', `***${T}***\n\n${E}`, T, E],
  ['story', 'lenticular brackets', `【${T}】\n\n${E}`, T, E],
  ['story', 'emoji heading', `# 📖 ${T}\n\n${E}`, '📖 막힌 우물의 수위', E],
  ['story', 'spaced labels block', `제목 : ${T}\n저자 : Claude\n장르 : 심리 호러\n\n${E}`, T, E],
  ['story', 'subtitle heading', `# ${T}\n## ― 어느 면 서기의 기록 ―\n\n${E}`, T],
  ['story', 'title in parentheses after label', `제목(가제): ${T}\n\n${E}`, T, E],
  ['story', 'title with author line', `${T}\n\n글 Claude\n\n${E}`, T, E],
  ['story', 'title in double guillemets with genre below', `≪${T}≫\n(심리 호러)\n\n${E}`, T, E],
  ['story', 'heading with number sign of story', `# 단편 #3: ${T}\n\n${E}`, '막힌 우물의 수위', E],
  ['story', 'thinking aloud preface', `음, 어떤 이야기가 좋을까 고민하다가 우물을 골랐어요.\n\n${t(E)}`, T, E],
  ['story', 'delivery note', `[결과물]\n- 제목: ${T}\n- 분량: 1,200자\n\n${E}`, T, E],
  ['story', 'markdown bold labels', `**제목** ${T}\n\n**본문**\n\n${E}`, T, E],
];

testAnswers(700, ANSWERS);
