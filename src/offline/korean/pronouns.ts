/** 나 and 내 as words of their own, and what may be joined to them; 나가 is always a verb. */
const FIRST_PERSON =
  /(^|[\s(])(나(?!가)|내)(는|를|도|만|와|와는|로|의|에게|에게는|에게도|에게만|에게서|에게서는|에게까지|보다|부터|까지|밖에|뿐[가-힣]*|였[가-힣]*|인|인데|인지|인지는|라고|라는|라면|라서|더러|조차|처럼|하고|만은|만이|만큼|만큼이나|에|가|게|게는)?(?=[\s.,?!]|$)/gu;

/** A noun before 나는 that is heard, smelled or felt: 소리가 나는. */
const ARISING = /(?:소리|냄새|겁|불|김|기척|화|땀|열|연기|이)(?:이|가)$|^(?:소리|토막|안|이가)$/u;
/** Where from or when something is heard or smelled, before 나는. */
const SOURCE = /(?:서|때|면|까지|두고도|그사이에|땅속을)$/u;
/** What is heard or smelled, after 나는. */
const ARISEN = /^(?:소리(?![를치쳤])|냄새|것(?:이|은|인|$)|음(?:은|을|$)|경우)/u;
/** What follows 나와 when it means "with me" rather than "coming out". */
const WITH_ME =
  /^(?:같|똑같|비슷|반대|상관|저쪽|하나였|밥을$|나란|함께|마주|이야기|날마다|이름|맞|달[랐라]|눈[을이]|문$|문과|나눈|무언가|이마|따로|키가|나이)/u;
/** What follows 나 when it means "I" rather than "having come about". */
const I_MYSELF = /^(?:혼자|하나|없이|먹으라고|대신|말고|자신|사이|때문|읽으라고|같아서|아닌|스스로)/u;
/** What follows 내 when it means "letting out" rather than "my". */
const LET_OUT = /^(?:보았|보려|보라|보고|본$|볼$|봐)/u;

/** Replaces 나 by 저 and 내 by 제, but where they are verbs. */
export function toHumble(text: string): string {
  return text.replace(FIRST_PERSON, (whole: string, before: string, pronoun: string, joined = '', offset: number) => {
    const previous = /(\S+)\s*$/u.exec(text.slice(0, offset + before.length))?.[1] ?? '';
    const next = /^\s*(\S+)/u.exec(text.slice(offset + whole.length))?.[1] ?? '';
    if (isVerb(pronoun, joined, previous, next)) return whole;
    return before + (pronoun === '나' ? '저' : '제') + joined;
  });
}

function isVerb(pronoun: string, joined: string, previous: string, next: string): boolean {
  // 내라는 tells somebody to hand something in, 내는 somebody who lets something out: "that I am" would be 나라는.
  if (pronoun === '내') {
    return (
      joined.startsWith('라') || joined === '는' || (joined === '' && LET_OUT.test(next) && /[를을도]$/u.test(previous))
    );
  }
  if (joined === '는') return ARISING.test(previous) || (SOURCE.test(previous) && ARISEN.test(next));
  // 나와 is a verb where it follows a clause. A sentence that begins with it speaks of me and another.
  if (joined === '와') return next !== '' && !WITH_ME.test(next) && !/^$|[.?!]$/u.test(previous);
  return joined === '' && !I_MYSELF.test(next);
}
