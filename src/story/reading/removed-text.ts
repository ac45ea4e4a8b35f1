/** What kind of thing was taken away. */
export type RemovedKind =
  | 'reasoning' // `<think>…</think>` and its like
  | 'token' // a special token of the model, and what ran on after it
  | 'fence' // a code fence, a quotation or a container around all
  | 'frontmatter' // the model's own YAML
  | 'label' // `제목:`, `## 본문`, genre and length lines
  | 'title' // the title once more, or in another form than `# title`
  | 'talk' // greetings, promises, offers, questions to the user
  | 'note' // work notes, commentary, revision lists, teasers, unfilled fields
  | 'tags'
  | 'end_marker' // `(끝)`, `1화 끝`, `계속`
  | 'count' // characters, words
  | 'date' // when it was written
  | 'rule'; // `---`

/** Something that stood around a story and is no part of it. */
export interface RemovedText {
  what: RemovedKind;
  where: 'before' | 'after' | 'around' | 'inside';
  /** Word for word. */
  text: string;
}
