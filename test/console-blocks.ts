/**
 * Examples in Markdown: `console` blocks hold commands after `$ `, each followed by the output
 * that it must print. `...` stands for any text in a line, and alone for any lines. A last line
 * `[exit N]` is the exit code, 0 without one.
 */
import { readFileSync } from 'node:fs';

export interface Example {
  readonly file: string;
  /** Line of the command, from 1. */
  readonly line: number;
  readonly command: string;
  readonly expected: readonly string[];
  readonly exit: number;
}

interface Block {
  readonly language: string;
  readonly start: number;
  readonly lines: readonly string[];
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; start: number; lines: string[] } | undefined;
  text.split('\n').forEach((line, i) => {
    const [, language] = /^```(\w*)\s*$/.exec(line) ?? [];
    if (open === undefined && language !== undefined) {
      open = { language, start: i + 2, lines: [] };
    } else if (open !== undefined && language === '') {
      blocks.push(open);
      open = undefined;
    } else {
      open?.lines.push(line);
    }
  });
  return blocks;
}

function examplesOf(file: string, block: Block): Example[] {
  const examples: { line: number; command: string; expected: string[]; exit: number }[] = [];
  block.lines.forEach((line, i) => {
    if (line.startsWith('$ ')) {
      examples.push({ line: block.start + i, command: line.slice(2), expected: [], exit: 0 });
      return;
    }
    const current = examples.at(-1);
    const [, exit] = /^\[exit (\d+)\]$/.exec(line) ?? [];
    if (current === undefined) throw new Error(`${file}:${block.start + i}: output of no command`);
    if (exit !== undefined) current.exit = Number(exit);
    else current.expected.push(line.trimEnd());
  });
  return examples.map((example) => ({ file, ...example }));
}

/** Order: as in the file. `name` is how messages call it. */
export const readExamples = (path: string, name = path): Example[] =>
  blocksOf(readFileSync(path, 'utf8'))
    .filter(({ language }) => language === 'console')
    .flatMap((block) => examplesOf(name, block));

const escape = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** An expected output as a regular expression over the whole output. */
export function patternOf(expected: readonly string[]): RegExp {
  const body = expected.map((line) =>
    line === '...' ? '(?:.*\\n)*?' : `${line.split('...').map(escape).join('.*')} *\\n`,
  );
  return new RegExp(`^${body.join('')}\\s*$`);
}

/** Splits at spaces outside single or double quotes. */
export const wordsOf = (command: string): string[] =>
  (command.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? []).map((word) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  );
