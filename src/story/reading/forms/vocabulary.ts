import { LONGEST_MARK_LINE } from '../../thresholds.js';

// The families of words by which labels, markers and notes are told. A label belongs to a family when nothing but words
// of it (and particles, numbers, punctuation) are left of it: so it is the kind that is recognised, not the phrase.

type Family = 'title' | 'body' | 'tags' | 'count' | 'date' | 'meta' | 'note' | 'form' | 'end';

/** Words that may stand in labels of every family. */
const FILLERS =
  '의|와|과|및|에|에서|을|를|은|는|이|가|로|으로|대한|대하여|관한|한|된|그|본|총|전체|the|of|and|for|a|on';

/** Words for what is written. */
const WORKS =
  '소설|단편소설|단편|장편|중편|엽편|작품|이야기|글|원고|초고|초안|스토리|호러|공포|심리|심리호러|괴담|미스터리|스릴러|창작|픽션|story|short|horror|fiction|novel|tale|text';

const WORDS: Record<Family, string> = {
  title: `제목|타이틀|작품명|표제|title|name|${WORKS}`,
  body: `본문|본편|전문|내용|시작|원문|content|body|begin|start|main|${WORKS}`,
  tags: `태그|해시태그|해쉬태그|키워드|핵심|추천|검색어|tag|tags|keyword|keywords|hashtag|hashtags|${WORKS}`,
  count:
    '분량|글자|글자수|자수|수|단어|어절|길이|원고지|매수|공백|포함|제외|본문|기준|약|대략|읽는|시간|예상|독서|소요|토큰|word|words|count|character|characters|length|token|tokens|reading|time|estimated',
  date: '창작|작성|집필|생성|수정|최종|최초|완성|업데이트|발행|등록|일|일자|일시|날짜|시각|created|updated|written|date|generated|last|modified|published',
  meta: `장르|분류|카테고리|형식|서술|시점|문체|어조|톤|분위기|배경|무대|소재|주제|테마|등장인물|등장|인물|주인공|로그라인|줄거리|시놉시스|개요|요약|설명|작가|지은이|저자|글쓴이|모델|버전|상태|회차|화수|시리즈|연재|연령|등급|수위|대상|독자|언어|장치|존재|두려움|공포|요소|반전|시간|장소|구성|구조|핵심|사용|적용|공포도|강도|난이도|대분류|소분류|부제|키|메시지|갈등|genre|author|mood|setting|theme|style|tone|pov|language|model|version|status|series|rating|summary|description|synopsis|logline|category|categories|draft|slug|layout|${WORKS}`,
  note: `제목|대체|다른|대안|추천|목차|활용|적용|장소|시간|존재|두려움|분량|글자|수|작가|말|노트|해설|해석|의도|집필|기획|작성|작업|구상|메모|수정|사항|변경|점|내역|목록|퇴고|교정|체크|체크리스트|리스트|자체|자기|평가|검토|검수|점검|복선|떡밥|회수|정리|설정|사용|소재|장치|설명|반전|예고|다음|다음화|화|편|회|부|후기|창작|참고|추가|제안|개선|피드백|요청|반영|여부|확인|결과|분석|구성|요소|포인트|핵심|주제|의미|상징|등장인물|인물|소개|배경|문체|일치도|일치|지수|점수|완성도|총평|특징|기법|서술|방식|버전|결말|연출|안내|면책|고지|계획|준비|과정|전략|접근|생각|메모장|스케치|품질|준수|조건|지침|이후|전개|방향|아이디어|안|후보|질문|독자|반응|감상|저자|덧붙임|뒷이야기|비하인드|코멘트|한마디|마무리|인사|플롯|톤|시점|note|notes|comment|comments|commentary|author|author's|authors|analysis|revision|revisions|changes|checklist|review|self|evaluation|next|episode|chapter|preview|teaser|afterword|disclaimer|themes|theme|techniques|interpretation|explanation|post|writing|process|feedback|${WORKS}`,
  form: '작성자|보고자|기록자|녹취자|녹취|녹음|수신|수신자|발신|발신자|참조|받는|보내는|보낸|사람|분|일시|장소|사건|번호|접수|담당|담당자|근무자|근무|확인자|환자|환자명|성명|이름|주소|서명|날인|진술|진술인|진술자|신고자|제보자|관리자|편집자|편집|엮은이|옮긴이|역자|발견자|수거자|첨부|붙임|비고|특이|추신|날씨|정답|배점|문항|현장|인계|인수|결재|직급|소속|생년월일|연락처|전화|조회수|댓글|답글|좋아요|별점|작성일|날짜|from|to|subject|cc|signed|ps|fr|attachment',
  end: `끝|완|완결|종|마침|막|완료|종료|계속|이어짐|이어집니다|이어진다|계속됩니다|계속된다|다음|화|회|장|부|편|권|막|차|제|작성|출력|집필|생성|최종화|마지막|에피소드|챕터|상편|하편|상|하|전편|후편|모두|終|完|end|fin|finis|chapter|part|episode|to|be|continued|next|in|${WORKS}`,
};

interface Words {
  words: Set<string>;
  longest: number;
}

const toWords = (list: string): Words => {
  const words = list.split('|');
  return { words: new Set(words), longest: Math.max(...words.map((word) => word.length)) };
};

const FILLER_WORDS = toWords(FILLERS);
const FAMILY_WORDS = Object.fromEntries(
  Object.entries(WORDS).map(([family, list]) => [family, toWords(list)]),
) as Record<Family, Words>;

/** Is a short text made of nothing but words of a family, one at least, besides particles, numbers and punctuation? */
export function isOnly(family: Family, text: string): boolean {
  if (text.length > LONGEST_MARK_LINE) return false;
  const letters = text.toLowerCase().replace(/[^\p{L}']/gu, '');
  return letters !== '' && isMadeOf(letters, FAMILY_WORDS[family]);
}

/** Goes once through the letters, keeping which places words can end at: without, and with, a word of the family. */
function isMadeOf(letters: string, family: Words): boolean {
  const fillersOnly = new Set([0]);
  const reached = new Set<number>();
  const longest = Math.max(family.longest, FILLER_WORDS.longest);
  for (let from = 0; from < letters.length; from++) {
    const [bare, full] = [fillersOnly.has(from), reached.has(from)];
    if (!bare && !full) continue;
    for (let to = from + 1; to <= Math.min(letters.length, from + longest); to++) {
      const word = letters.slice(from, to);
      if (family.words.has(word)) reached.add(to);
      if (!FILLER_WORDS.words.has(word)) continue;
      if (bare) fillersOnly.add(to);
      if (full) reached.add(to);
    }
  }
  return reached.has(letters.length);
}
