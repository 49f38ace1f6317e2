/** Colour and columns of text for people. */

export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

const sgr = (code: number) => (text: string) => `\u001B[${code}m${text}\u001B[0m`;
const plain = (text: string) => text;

export const colourStyle: Style = {
  good: sgr(32),
  bad: sgr(31),
  doubtful: sgr(33),
  strong: sgr(1),
  faint: sgr(2),
};

export const plainStyle: Style = {
  good: plain,
  bad: plain,
  doubtful: plain,
  strong: plain,
  faint: plain,
};

/** With thousands separators, whatever the locale. */
export const count = (n: number): string => Math.round(n).toLocaleString('en-US');

/** `880k`, `1.2M`. */
export function brief(n: number): string {
  if (n >= 1e6) return `${(n / 1e6).toFixed(1)}M`;
  return n >= 1e3 ? `${Math.round(n / 1e3)}k` : `${Math.round(n)}`;
}

export const seconds = (elapsed_ms: number): string => `${(elapsed_ms / 1000).toFixed(1)} s`;

/** Rows as lines, columns padded to the widest cell; numbers (`>` in `align`) to the right. */
export function table(rows: readonly (readonly string[])[], align = ''): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  }
  return rows.map((row) =>
    row
      .map((cell, i) =>
        align[i] === '>' ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** Breaks a sentence into lines of at most `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const next of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + next.length > width) {
      lines.push(line);
      line = next;
    } else {
      line = line === '' ? next : `${line} ${next}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** As `table`, the last column wrapped to end at `width`, when that leaves it some room. */
export function wrappedTable(rows: readonly (readonly string[])[], width: number): string[] {
  const firstColumns = table(rows.map((row) => [...row.slice(0, -1), '|']));
  const column = Math.max(0, ...firstColumns.map((line) => line.length - 1));
  if (width - column < 24) return table(rows);
  return rows.flatMap((row, i) => {
    const head = (firstColumns[i] ?? '').slice(0, -1);
    const [first = '', ...more] = wrap(row.at(-1) ?? '', width - column);
    return [`${head}${first}`.trimEnd(), ...more.map((line) => `${' '.repeat(column)}${line}`)];
  });
}
