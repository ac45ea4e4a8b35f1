// Numbers for people to read, as Intl.NumberFormat writes them for ko-KR and en-US; by hand, because Intl's tables would
// take 7 MB of a process that waits all night.

/** `1,234.5`: at most one decimal. */
export function formatNumber(value: number): string {
  return withCommas(toDecimals(value, 0, 1));
}

/** `12.3%`. @param share of one */
export function formatPercent(share: number): string {
  return `${formatNumber(100 * share)}%`;
}

/** `$1,234.50`: two decimals, and up to four where they say something. */
export function formatCost(usd: number): string {
  return `$${withCommas(toDecimals(usd, 2, 4))}`;
}

function toDecimals(value: number, least: number, most: number): string {
  const [whole = '', decimals = ''] = value.toFixed(most).split('.');
  const said = decimals.replace(/0+$/, '').padEnd(least, '0');
  return said === '' ? whole : `${whole}.${said}`;
}

function withCommas(decimal: string): string {
  const [whole = '', ...decimals] = decimal.split('.');
  return [whole.replace(/\B(?=(\d{3})+$)/g, ','), ...decimals].join('.');
}
