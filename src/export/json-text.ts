/** JSON with one item of a list per line: small, and still fit for `diff` and `grep`. */

export const listText = (items: readonly unknown[]): string =>
  `[\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]`;
