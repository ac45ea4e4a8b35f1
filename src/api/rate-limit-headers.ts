/** What the API counts, and how much of it the next call needs. */
const KINDS = [
  { name: 'requests', needs: () => 1 },
  { name: 'tokens', needs: (maxTokens: number) => maxTokens },
  { name: 'output-tokens', needs: (maxTokens: number) => maxTokens },
];

/** What is left of each limit that an answer's headers name, for the log. */
export function remainingLimits(headers: Headers): Record<string, number> {
  const found = [...headers].flatMap(([name, value]) => {
    const limit = /^anthropic-ratelimit-(.+)-remaining$/.exec(name)?.[1];
    return limit === undefined || !/^\d+$/.test(value) ? [] : [[limit, Number(value)] as const];
  });
  return Object.fromEntries(found);
}

/**
 * Reads the `anthropic-ratelimit-*` headers of an answer.
 * @param maxTokens what the next call may write
 * @returns when the last limit that leaves too little for another call is full again, milliseconds since the epoch;
 *   null when there is room, or nothing is said
 */
export function slowUntil(headers: Headers, maxTokens: number): number | null {
  const resets = KINDS.flatMap(({ name, needs }) => {
    const remaining = headers.get(`anthropic-ratelimit-${name}-remaining`);
    const reset = Date.parse(headers.get(`anthropic-ratelimit-${name}-reset`) ?? '');
    const tooLittle = remaining !== null && remaining.trim() !== '' && Number(remaining) < needs(maxTokens);
    return tooLittle && !Number.isNaN(reset) ? [reset] : [];
  });
  return resets.length === 0 ? null : Math.max(...resets);
}
