// Every bound that reading and judging use, each with the measurement or the reason behind it. "The corpus" is 256
// stories and chapters that models wrote and 11 that people wrote, read in full; shares are of characters.

// Reading

/** Characters of the longest line that is looked at as a rule, a label or an end marker. The longest seen had 58. */
export const LONGEST_MARK_LINE = 80;

/** Characters of the longest heading: a paragraph that begins with `#` by accident is none. */
export const LONGEST_HEADING = 300;

/** Characters of the longest title. The longest in the corpus has 41; a longer line is a sentence of the story. */
export const LONGEST_TITLE = 60;

/** The same for a title that nothing marks but the blank line below it. */
export const LONGEST_PLAIN_TITLE = 30;

/** Lines and characters from the top in which a title is looked for: work notes of 40 lines were seen before one. */
export const OPENING_LINES = 120;
export const OPENING_CHARACTERS = 6000;

/** Lines and characters from the end in which something to take away is looked for. */
export const ENDING_LINES = 80;
export const ENDING_CHARACTERS = 5000;

/** Characters of the longest paragraph that is taken for talk; offers and greetings of the corpus have under 300. */
export const LONGEST_TALK = 500;

/** The largest share of a text that notes at its end may have: beyond, the note may be the story's own last part. */
export const LARGEST_NOTES_SHARE = 0.4;

/** The least share of the text that stands inside a fence which is "around all". */
export const LEAST_FENCED_SHARE = 0.5;

/** How many containers (reasoning, fences, tags) may stand around each other. Two were seen. */
export const MOST_CONTAINERS = 6;

/** Characters that may stand before a thought that still precedes the story: a greeting, a title. */
export const LONGEST_LEAD = 300;

/** Characters that have to follow a closing tag alone, so that what stands before it is thinking and not the story. */
export const LEAST_AFTER_THINKING = 200;

/** The share of a text after which an end token ends it; tokens before it belong to the turns that led up to it. */
export const LEAST_STORY_SHARE = 0.3;

/** Tags that are taken from one answer, and the characters of the longest. Models give 3 to 8, of a word or two. */
export const MOST_TAGS = 15;
export const LONGEST_TAG = 30;

/** The largest share of a text above a heading that is still called a preface, and not the story's first part. */
export const LARGEST_PREFACE_SHARE = 0.25;

/** The least share of the text that is quoted when the quotation is "around all". */
export const LEAST_QUOTED_SHARE = 0.8;

/** Line ends written as `\n` in a text without any other that show an escaped text. */
export const FEWEST_ESCAPED_LINES = 4;

// Judging

/** The least share of Hangul among the letters of a Korean text; names and screens may be in Latin letters. */
export const LEAST_KOREAN = 0.8;

/**
 * Letters of other scripts outside of brackets. One is a doubt. A spell on a paper has five; the broken answers that
 * were reported had 84 (3.6 %) and more, all over the text.
 */
export const FOREIGN = { letters: 20, share: 0.02 };

/** Lost syllables: once or twice is an accident of a proxy that a reader bridges; taken-apart ones are a ghost's voice. */
export const BROKEN = { lostDoubt: 2, apartDoubt: 6, apartFailure: 40 };

export const LOOPS = {
  /** Syllables of the longest unit without blanks, and how often in a row it is doubtful or a loop: a scream has 20. */
  longestLetterPeriod: 8,
  letters: { doubt: 25, failure: 45 },
  /** Words of the longest unit with blanks. A loop of more is found by its sentences. */
  longestWordPeriod: 40,
  /** Characters up to which a unit counts as a word: `측`, `아니야`, `열어 줘`. */
  longestWord: 6,
  /** A word in a row: knocks and cries have up to ten, the loops that were reported 120 and more. */
  words: { doubt: 12, failure: 30, failureWhenLarge: 20 },
  /** A phrase or a sentence in a row: a page typed full of one sentence has eight or ten lines. */
  phrases: { doubt: 5, failure: 20, failureWhenLarge: 8 },
  /** From this share of the text on a loop is large. */
  largestShare: 0.15,
  /** Characters from which a paragraph is more than a refrain, and how many of them may come back. */
  repeatableParagraph: 60,
  returningParagraphs: 3,
  repeatedParagraphShare: 0.2,
  /** Characters of the longest line of a verse. */
  longestVerse: 40,
  /**
   * Paragraphs that tell nearly the same as one of the few before them: characters from which one is compared, how many
   * before it, the share of words in common, and how many in all are doubtful. Of 5,000 paragraphs of whole stories ten
   * share 30 % and none 45 %; the entries of a log share up to 60 %. Only so many that share more are surely a loop.
   */
  near: { shortest: 40, before: 3, sameShare: 0.5, doubt: 4, loopShare: 0.7, failure: 20, failureShare: 0.5 },
  /** Characters from which a sentence is more than an interjection, and the share of repeated ones. Whole stories have 0-5 %. */
  repeatableSentence: 12,
  sentenceShare: { doubt: 0.12, failure: 0.3 },
};

export const NO_STORY = {
  /** Characters from the start that are looked at; what a text is shows by then. */
  looksAt: 12_000,
  /** Characters in which a refusal says that it is one. */
  refusalStart: 400,
  /** Characters of a refusal with an alternative or two; with five paragraphs of them. */
  shortRefusal: 800,
  longestRefusal: 2500,
  refusalEvidence: 2,
  /** Different words of policy in a refusal that is longer than the short ones; letters have up to three. */
  longRefusalPolicies: 4,
  politeShare: 0.7,
  /** Share of sentences that ask. Stories have under 10 %, questions back over 30 %. */
  questions: 0.3,
  /** Shares of paragraphs that speak to the person who asked. */
  talkDoubt: 0.2,
  talkFailure: 0.5,
  /** Words of the craft from which a paragraph speaks about a work, and the share of such paragraphs. */
  craftWords: 3,
  aboutShare: 0.5,
  /** Different words of a synopsis in a paragraph, and the shares of such paragraphs. Stories about films have 0-20 %. */
  synopsisWords: 3,
  synopsisDoubt: 0.4,
  synopsisFailure: 0.8,
  /** Points of an outline, and the share of lines that are points, items, labels, cells. */
  outlinePoints: 4,
  outlineShare: 0.5,
  /** The share of bullets that makes a list, when so many of them end without a mark. Rules in a story are sentences. */
  bulletShare: 0.7,
  unfinishedShare: 0.6,
};

export const VERSIONS = {
  /** The share of a text above and below a line that parts it into two texts, and is no remark at an edge. */
  leastShare: 0.15,
  /** Characters of the longest line that names a version, or says what was left out. */
  longestLine: 120,
};

/** The rest of a cut-off story, in characters. */
export const REST = {
  /** How far back from the seam is looked. */
  looksAt: 1500,
  longestTitle: 80,
  /** A promise to go on; the longest seen had two sentences. */
  longestTalk: 200,
  /** A beginning that is compared with another one; shorter ones say nothing. */
  beginning: 300,
  shortestBeginning: 60,
  /** Letters that come a second time only where the same words are repeated. */
  sameWords: 20,
  /** The share of 5-letter sequences by which two passages are the same one; other passages of a story share 0-10 %. */
  sameShare: 0.6,
};

/** Characters from which a last line is running text, and no signature, place or stamp. */
export const LONGEST_ENDING_FORM = 25;

/** The least share of sentences whose register shows, for a register of the whole text. Logs have under 20 %. */
export const LEAST_TOLD = 0.4;

/** Characters from which a block is a paragraph that may tell something; shorter ones are titles and exclamations. */
export const SHORTEST_PARAGRAPH = 40;

/** Characters of a line that rules for lines look at: no label, title or talk is longer. */
export const LONGEST_LINE = 1000;

/** Characters of the longest warning about what a text contains. */
export const LONGEST_WARNING = 200;

/** Lines from the end in which a heading for notes that is not sure makes the end doubtful. */
export const LINES_OF_NOTES = 24;

/** Characters of the longest preface in the register of narration. */
export const LONGEST_PLAIN_PREFACE = 120;

/** Words of the craft, "this story" counting for two, by which a paragraph in the register of narration comments. */
export const FEWEST_CRAFT_WORDS = 4;
