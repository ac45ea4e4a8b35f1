/** The sentences of a story's body, as the check against repetition sees them. */
export function sentencesOf(text: string): string[] {
  return text
    .replace(/^# .*\n/, '')
    .split(/\n+|(?<=[.?!…][”’"']?)\s+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}
