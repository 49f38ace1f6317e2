/** The pieces of Markdown that generated sections are made of. */

/** One row per thing, one cell per column. */
export type Row = readonly string[];

const cell = (text: string): string => text.replaceAll('\n', ' ').replaceAll('|', '\\|');
const line = (cells: Row): string => `| ${cells.map(cell).join(' | ')} |`;

export const table = (head: Row, rows: readonly Row[]): string =>
  [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');

export const code = (text: string): string => `\`${text}\``;
export const codes = (texts: readonly string[]): string => texts.map(code).join(', ');

/** `1,234,567`; a dash for what is not recorded. */
export const figure = (n: number | undefined): string =>
  n === undefined ? '–' : String(n).replaceAll(/\B(?=(\d{3})+$)/g, ',');

const section = /(<!-- generated: ([\w-]+) -->\n)[^]*?(<!-- end of generated -->)/g;

/**
 * Fills every section between `<!-- generated: name -->` and `<!-- end of generated -->`.
 * Errors: throws on a name that nobody generates.
 */
export const fillSections = (
  text: string,
  sections: Readonly<Record<string, () => string>>,
): string =>
  text.replaceAll(section, (_, head: string, name: string, tail: string) => {
    const generate = sections[name];
    if (generate === undefined) throw new Error(`no generated section is called "${name}"`);
    return `${head}\n${generate()}\n\n${tail}`;
  });
