// The families of words by which talk of a model is told. A family is a list of alternatives: what they have in common
// is what somebody does with them, not how they sound.

/** A pattern for any of the alternatives; capitals do not matter. */
const anyOf = (...alternatives: string[]): RegExp => new RegExp(alternatives.join('|'), 'iu');

const { raw } = String;

/** What a text may be: as fiction, and as any story. */
const WORK = raw`소설|단편|작품|원고|초안|초고|스토리|창작물?|픽션`;

/** What 네 counts when it means four: "네 해에 한 번". */
const COUNTED = raw`(?:해|번|명|시|사람|살|달|평|개|권|장|줄|층|칸|집|마리|대|병|잔|걸음|밤|군데|가지|쪽|바퀴|정거장|식구)(?:[^가-힣]|[에의가이은는을를도만씩째간쯤]|마다|부터|까지)`;

/** "물론입니다", "네, 알겠습니다", "Sure". */
export const ACKNOWLEDGES = new RegExp(
  raw`^["“]?(?:${[
    raw`물론(?:입니다|이죠|이에요|이지요|이예요|이고말고요|요|[,!.~])`,
    raw`(?:네|예|넵|넹|그럼요|그럼|자|좋아|오케이)(?:[,!.~]|\s(?!${COUNTED}))`,
    '알겠(?:습니다|어요)|알았(?:습니다|어요)|좋(?:습니다|아요|네요)',
    '(?:반갑|감사|고맙)습니다|안녕하세요|기꺼이|흥미로운|멋진|훌륭한',
    raw`(?:sure|certainly|of course|absolutely|okay|ok|great|understood|got it|no problem|gladly)\b`,
    raw`here(?:'s| is| are)\b|below is\b|i(?:'ll| will|'ve| have| can)\b|thank`,
  ].join('|')})`,
  'iu',
);

/** Agrees to do what was asked: no story begins so. */
export const AGREES = new RegExp(
  raw`^["“]?(?:물론(?:입니다|이죠|이에요|이지요|이예요)[!.,]|(?:sure|certainly|of course|absolutely)\b)`,
  'iu',
);

/** Speaks of what was asked for. */
export const REFERS_TO_REQUEST = anyOf(
  raw`요청(?:하신|해\s?주신|주신|에\s?(?:따라|맞|따른|맞춰)|대로|사항|을\s?반영)`,
  raw`(?:말씀|부탁|제시|지정|의뢰|요구|제안|설명|언급|입력|지시|공유|전달)(?:하신|해\s?주신|해주신|하셨던|주신)`,
  raw`(?:보내|알려|골라|정해|적어|던져)\s?주신`,
  raw`주신\s?(?:소재|조건|내용|설정|키워드|템플릿|틀|지침|요소|재료|카드|단어|주제|프롬프트|정보)`,
  raw`(?:주어진|제시된|지정된|요구된)\s?(?:소재|조건|설정|키워드|템플릿|틀|지침|요소|주제|정보)`,
  raw`원하(?:시|신|셨)|(?:모든|위의|이)\s?조건|지침(?:에|을|대로)|요구\s?사항|프롬프트|의뢰`,
  raw`as (?:you )?(?:requested|asked)|you (?:asked|requested|wanted|provided|gave)|based on (?:the|your)|requested`,
  raw`your (?:request|prompt|specifications?|requirements?|elements?|premise)`,
);

/** Praises what was asked for, as models do before they begin. */
export const PRAISES_REQUEST = anyOf(
  raw`(?:좋은|멋진|훌륭한|흥미로운|매력적인|독특한|재미있는|인상적인|탁월한)\s?(?:소재|설정|아이디어|조합|주제|요청|제안|질문)`,
  raw`(?:소재|설정|아이디어|조합|주제)(?:가|이|들이)?\s?(?:정말|아주|무척|참)?\s?(?:좋|멋지|훌륭|흥미롭|매력|독특|인상)`,
);

/** Names what was written as a piece of fiction. */
export const NAMES_THE_WORK = anyOf(
  raw`${WORK}|한\s?편|호러(?!블)|공포물|심리\s?공포|엽편`,
  raw`\b(?:story|stories|tale|draft|fiction|novel|piece)\b`,
);

/** Names what any story may be called, or a part of it. */
export const NAMES_A_STORY = anyOf(
  raw`이야기|괴담|본문|결말|반전|분량|버전|문체|장면|줄거리|전개|글(?=[을이은로에도의]|\s|입|$)`,
  raw`\b(?:ending|version|scene)\b`,
);

/** A verb of making it, in the first person and politely. */
export const MAKES = anyOf(
  raw`(?:써|적어|지어|만들어|풀어|그려|엮어|담아|옮겨|꾸며|(?:구성|완성|작성|준비|창작|집필)해|이어)\s?${raw`(?:보(?:았|겠|려|면|도록)|봤|볼게|드(?:리|렸|릴|려)|내(?:겠|었)|냈|낼|두었|둘게|나가|가겠|갈게|갑니다|쓰)`}`,
  raw`(?:작성|구성|완성|준비|집필|창작|반영|수정|각색|조정|보완|추가|확장|제공|설계|활용|연출|묘사|표현|시도|의도|유지|배치|설정|출력)${raw`(?:했|하였|하겠|할게|해\s?(?:드|보|두)|하고자|합니다|되었습니다|됐습니다|하도록)`}`,
  raw`쓰겠|쓸게|써\s?보(?!아야)|썼습니다|썼어요|썼으며|시작(?:하겠|합니다|할게)`,
  raw`(?:들려|보여|전해|소개해|공유해|올려)\s?(?:드|보)|이어(?:서|\s)?\s?(?:쓰|가|나가|집|적|작성|갑)|이어집니다`,
  raw`담(?:았|아냈|으려|고자)|살(?:렸|려|리려)|녹여|다듬|마무리(?:했|하겠|하였|지었)|맞춰|마칩니다|마치겠습니다`,
  raw`\b(?:wrote|written|write|crafted?|created?|composed?|continu(?:e|ing)|begin|start|provide)\b`,
);

/** A verb of making something that is still to come, or the form in which it is made: not "손 모양을 지어 보았어요". */
export const ANNOUNCES = anyOf(raw`겠|게요|[볼릴할쓸]게|(?:드립|합|갑|칩)니다|형식|형태`, raw`\b(?:will|'ll|let me)\b`);

/** A wish or a lack that somebody is asked about. */
const WISH = raw`원하시|원하신|원하면|필요하시|필요하신|필요하면|말씀해|말씀만|말씀\s?주|알려\s?주|알려주|궁금하|부족하|아쉬우|마음에\s?(?:안|들지)|바꾸고\s?싶|싶으시|싶으신|의견|피드백|언제든|혹시|추가로|더\s?필요|괜찮으시|편하게`;
/** What a model can do about it. */
const SERVICE = [
  raw`(?:써|고쳐|다듬어|바꿔|이어|늘려|줄여|만들어|적어|들려)\s?(?:드리|드릴|볼|보겠)|쓰겠|쓸\s?수`,
  raw`(?:작성|수정|변경|조정|추가|확장|각색|보완|반영|제공|집필)(?:해\s?드|하겠|할\s?수|해\s?보|이?\s?가능)`,
  raw`드리겠|드릴게|드릴까|드릴\s?수|도와\s?드`,
].join('|');

/** Offers to write or to change something. */
export const OFFERS = anyOf(
  raw`(?:${WISH})[^\n]{0,90}?(?:${SERVICE})`,
  raw`(?:피드백|의견|수정\s?사항|요청\s?사항|개선)[^\n]{0,30}?(?:남겨|알려|말씀|보내)\s?(?:해\s?)?주`,
  raw`다른\s?(?:버전|결말|분위기|시점|소재|이야기)[^\n]{0,40}?(?:드리|드릴|가능|쓸|써|작성|원하)`,
  raw`(?:수정|보완|변경|추가|조정|각색|후속편|속편|뒷이야기|다음\s?편|다음\s?화)[^\n]{0,40}?${raw`(?:드릴까|드리겠|드릴게|드릴\s?수|해\s?드|가능합니다)`}`,
  raw`(?:이어서|이어|계속|다음|뒷이야기|\d\s?부|짧게|길게|결말)[^\n]{0,16}?(?:써|쓸|작성|진행|보여|이어갈|계속할)[^\n]{0,10}까요`,
  raw`어떤\s?(?:이야기|소설|소재|장르|결말)[^\n]{0,16}(?:드릴까요|쓸까요|써\s?볼까요|원하)`,
  raw`(?:제목|결말|시점|문체|분량)[^\n]{0,40}(?:바꾸|고치|줄이|늘리|다듬)(?:셔도|시면|어도|면)[^\n]{0,20}(?:어울|좋|됩니다|괜찮|자연스)`,
  raw`(?:번호|숫자|기호)(?:로|만|를)\s?(?:답|말씀|알려|골라|선택|입력)[^\n]{0,12}(?:주세요|주시면|주십시오|됩니다)`,
  raw`(?:버전|결말|제목|방향|시안)[^\n]{0,30}(?:골라|선택해)\s?주(?:세요|시면|십시오)`,
  raw`(?:자유롭게|마음껏|얼마든지)[^\n]{0,20}(?:수정|사용|활용|편집|각색)[^\n]{0,12}(?:됩니다|돼요|주세요|괜찮)`,
  raw`\b(?:want me to|shall i|should i (?:continue|write|go on))\b`,
  raw`(?:요청|말씀)(?:하시면|해\s?주시면)[^\n]{0,40}(?:작성|집필|이어|써|수정|추가)[^\n]{0,8}드립니다`,
  raw`(?:계속|다음|이어서)[^\n]{0,20}(?:입력|답장|답변|말씀)해?\s?(?:주|하세요)`,
  raw`let me know|would you like|if you(?:'d| would)? (?:like|want|need|prefer)|feel free|happy to`,
  'i can (?:also|adjust|revise|write|change|continue|expand)',
);

/** What comes before a list of offers. */
export const OFFERS_CHOICE = anyOf(
  raw`(?:다음|아래|이\s?중|원하시|이어서|추가로|더)[^\n]{0,30}(?:드릴까요|할까요|할\s?수\s?있|가능|골라|선택|고르|말씀|알려)`,
  raw`(?:옵션|선택지|다음\s?단계|후속\s?작업|제안)[^\n]{0,12}[:：]\s*$|^[\s#*]*(?:다음\s?단계|후속\s?작업)[^\n]{0,12}$`,
  raw`\b(?:next steps?|options?|i can|would you like)\b`,
);

/** What can be done with a story. */
export const OPTION = anyOf(
  raw`바꾸|바꿔|고치|고쳐|수정|늘리|줄이|번역|후속|속편|외전|이어\s?쓰|결말|시점|버전|삽화|이미지|다듬|추가|변경|각색|확장|요약|분량`,
  raw`더\s?(?:길|짧|무섭|어둡|섬뜩)|(?:영상|낭독|라디오|웹툰|연재)\s?(?:용|대본|화|본)|다른\s?(?:제목|소재|이야기|장르|작품)`,
  raw`\b(?:rewrite|revise|translate|sequel|ending|shorter|longer|version|expand|illustration)\b`,
);

/** Asks for wishes, as models do and some letters and posts too. */
export const ASKS_FOR_WISHES = anyOf(
  raw`(?:원하시|원하신|원하는|필요하|필요한|궁금|수정|부족|아쉬|고치|바꾸|바꿔|더하|의견|피드백|요청|부탁|마음에|혹시|다른|추가)${raw`[^\n]{0,60}?(?:말씀|알려|남겨|이야기해|얘기해|요청해)\s?(?:해\s?)?(?:주|만)`}`,
  raw`(?:말씀|알려|요청)[^\n]{0,12}(?:주세요|주시면|주십시오|바랍니다)`,
  raw`(?:번호|숫자|기호)(?:로|만|를)\s?(?:답|말씀|알려|골라|선택|입력)[^\n]{0,12}(?:주세요|주시면|주십시오|됩니다)`,
  raw`(?:궁금|필요|수정|부족|아쉬우|고치)[^\n]{0,20}있(?:으신가요|으실까요|나요)`,
);

const ASPECT = raw`부분|분위기|결말|분량|톤|문체|장면|설정|버전|내용`;
const CHANGE = raw`고치|고쳐|수정|바꾸|바꿔|변경|조정|보완|다듬|추가|각색`;

/** Names what may be changed about a text, with changing it: seldom said in a story, whatever its register. */
export const REVISES = anyOf(
  raw`(?:${ASPECT}|이야기|소설|인물|시점|수위|전개|소재|반전|표현|제목|방향|후속|속편|뒷이야기|다음\s?편)[^\n]{0,30}${raw`(?:${CHANGE}|바꿀|늘리|늘려|줄이|줄여|이어|다시|필요|원하|더\s?(?:어둡|무섭|길|짧))`}`,
  raw`(?:${CHANGE})[^\n]{0,20}(?:${ASPECT}|사항|필요|원하|싶)`,
  raw`(?:필요한|필요하신|원하시는|원하는|바라시는)\s?(?:다른\s?)?(?:이야기|방향|수정|소재|장르|${ASPECT})`,
);

/** Asks how it was received, or hopes that it pleases. */
export const HOPES_TO_PLEASE = anyOf(
  raw`마음에\s?(?:드|들)|어떠셨|어떠신|어떠세요|어땠나요|어떤가요|만족|도움이\s?되|기대에\s?(?:부응|미치|맞)`,
  raw`(?:즐겁|재미있|재밌|오싹|무섭|흥미롭|편안)게?\s?(?:읽|보|즐기|감상|느끼)?[^\n]{0,8}(?:셨|시길|시기|바랍|으면\s?좋)`,
  raw`(?:즐기|읽으|보|느끼)셨(?:길|기를|나요|는지|으면)|읽어\s?(?:보|주)(?:세요|시|셔)|감상(?:하|해|평|을)`,
  raw`(?:무서우|놀라|재미있으|재밌으|즐거우|오싹하|지루하)셨(?:다면|나요|으면|기를|길)`,
  raw`되셨(?:길|기를|나요|으면)|(?:이|었)으면\s?(?:좋겠|합니다)|hope (?:you|this|it)|enjoy`,
);

/** Presents it: "아래는 …입니다", "다음과 같습니다". */
export const PRESENTS = new RegExp(
  raw`^["“*_>\s]*(?:(?:여기|아래|다음|이하|이어서|이번|위|이상)(?:에|는|은|의|가|와|엔|로|으로|에는)?[\s,]|${raw`(?:here|below|the following|this is)\b)`}[^\n]*${raw`(?:입니다|이에요|예요|합니다|드립니다|드려요|있습니다|있어요|했습니다|했어요|보세요|같습니다|봅니다|겠습니다|칩니다|게요|story|tale|draft|[:：])`}`,
  'iu',
);

/** Says that it is over: "이상입니다", "이야기는 여기까지입니다". */
export const CLOSES = new RegExp(
  raw`^(?:이상(?:입니다|으로|이에요)|(?:(?:제|오늘의?|이)?\s?(?:${WORK}|이야기|글)(?:은|는)\s?)?여기까지(?:입니다|예요|이에요)|${raw`(?:이것으로|이만|여기서)\s[^\n]{0,16}마(?:치|칩|무리))`}`,
  'u',
);

/** Says of a piece of writing that it is one: "심리 호러 단편입니다". */
export const IS_A_WORK = new RegExp(raw`(?:${WORK})\s?(?:한\s?편)?(?:입니다|이에요|예요|이며|으로,)`, 'u');

/** Speaks of the work in front of it: "이 소설은", "본 작품의". */
export const ABOUT_THE_WORK = anyOf(
  raw`(?:^|\s|["“(*])(?:이|본|위|해당|이번)\s?(?:${WORK}|이야기|글|괴담)(?:은|는|이|가|에서|에는|의|을|를|도)`,
  raw`\bthis (?:story|tale|piece|draft)\b`,
);

/** What is said of the craft, and seldom in a story. */
export const CRAFT_WORDS = new RegExp(
  [
    '독자|복선|반전|결말|서사|서술|화자|시점|문체|플롯|클라이맥스|긴장감|공포감|심리적|상징|은유|주제|장르|연출|묘사',
    '여운|암시|장치|소재|설정|기승전결|회수|모티프|모티브|영감|캐릭터|등장인물|의도|표현|구성|분량|분위기|지침|소제목',
  ].join('|'),
  'gu',
);

/** What a text has that names a work of any kind; quick to rule out. */
export const NAMES_ANY_WORK = new RegExp(
  `${WORK}|한 ?편|호러|공포|엽편|이야기|글|괴담|stor|tale|draft|fiction|novel|piece`,
  'u',
);

/** Speaks to somebody who has read on: thanks, a question whether it will do, a number to call in need. */
export const ADDRESSES_READER = anyOf(
  raw`(?:읽어|함께해|들어|따라와|봐|지켜봐)\s?주셔서\s?(?:정말\s?|대단히\s?)?(?:감사|고맙)`,
  raw`(?:괜찮|적당|적절|충분|마음에\s?드|만족스러우)(?:으|하)?(?:실까요|신가요|실는지요|셨을까요)`,
  raw`(?:상담\s?(?:전화|센터)|위기\s?상담|생명의\s?전화|자살\s?예방)[^\n]{0,40}(?:받|연락|이용|도움|가능|운영)`,
  raw`\b(?:you|your)\b[^\n]*\b(?:you|your|please|reach out|help|read|story|crisis)\b`,
);

/** Says that the text is not all: a limit, a part, the next answer. */
export const SAYS_UNFINISHED = anyOf(
  raw`(?:글자|길이|분량|토큰|출력|응답|답변)\s?(?:수\s?)?(?:제한|한도|한계|관계)|(?:분량|길이|글자\s?수|지면)상\s`,
  raw`여기까지(?:만)?\s?(?:작성|쓰|썼|적)|(?:다음|이어지는)\s?(?:답변|메시지|응답)(?:에서|에)\s?(?:계속|이어|마저|써|작성)`,
  raw`(?:이하|후반부?|뒷부분|이후)[^\n]{0,12}생략|나머지[^\n]{0,24}(?:이어|계속|다음|써|작성)|이어서\s?(?:쓸까요|작성할까요|작성해\s?드릴까요|계속할까요)`,
  raw`(?:due to|because of) (?:the )?(?:length|token|character)|continue in (?:the|my) next`,
);
