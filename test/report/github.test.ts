import { describe, expect, it } from 'vitest';
import { annotationLines, stepSummary } from '../../src/report/github.ts';
import type { Suite } from '../../src/report/suites.ts';
import { everySuite } from './suites.ts';

interface Command {
  readonly level: string;
  readonly values: Readonly<Record<string, string>>;
  readonly message: string;
}

const unescape = (text: string) =>
  text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
const unescapeValue = (text: string) =>
  unescape(text.replaceAll('%3A', ':').replaceAll('%2C', ','));

/** As the runner reads it: the message is what follows the second pair of colons. */
function readCommand(line: string): Command {
  const [, level = '', list = '', message = ''] = /^::(\w+) ([^\n]*?)::([^]*)$/.exec(line) ?? [];
  const values = list.split(',').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), unescapeValue(pair.slice(at + 1))];
  });
  return { level, values: Object.fromEntries(values), message: unescape(message) };
}

const commands = annotationLines(everySuite).map(readCommand);

describe('annotationLines', () => {
  it('annotates failures as errors, known ones as notices, bounds as warnings', () => {
    expect(commands.map(({ level, values }) => [level, values['title']])).toEqual([
      ['error', 'broken in mixed'],
      ['notice', 'known in mixed'],
      ['error', 'damaged in mixed'],
      ['warning', 'nothing judged: no verdict'],
    ]);
    expect(commands[3]?.message).toBe('1 of 1 not judged: it was interrupted');
  });

  it('escapes what would end a line, a value or the list of values', () => {
    expect(annotationLines(everySuite).join('')).not.toMatch(/[\r\n]/);
    expect(commands[0]).toEqual({
      level: 'error',
      values: { file: 'properties/broken.ts', line: '1', title: 'broken in mixed' },
      message:
        '50% done: a,b; <x> & "y" # \u001B[31mred\u001B[0m ]]>\r\nnext\n' +
        'counterexample: counterexamples/found/bad_broken.json',
    });
    const odd: Suite = {
      name: 'a::b,c=d%\n',
      cases: [{ name: 'x', result: { kind: 'error', message: 'm::%3A', type: 't' }, file: 'f,:%' }],
    };
    const [command] = annotationLines([odd]).map(readCommand);
    expect(command).toEqual({
      level: 'error',
      values: { file: 'f,:%', title: 'x in a::b,c=d%\n' },
      message: 'm::%3A',
    });
  });
});

describe('stepSummary', () => {
  it('has a row per suite, and the failures to unfold', () => {
    const text = stepSummary('check: 1 violation in 3 scenarios', everySuite);
    expect(text).toMatch(/^### check: 1 violation in 3 scenarios\n\n\| {2}\| passed/);
    expect(text).toContain(
      '| mixed | 2 | 2 | 1 | 2 | states 12, model hash 0123456789abcdef |\n' +
        '| good | 1 | 0 | 0 | 0 |',
    );
    expect(text.match(/<details>/g)).toHaveLength(2);
    expect(text).toContain('<summary>broken in mixed</summary>\n\n```text\n50% done');
  });

  it('lets no name or report break the table or the fence', () => {
    const odd: Suite = {
      name: 'a|b\n<b>',
      cases: [
        {
          name: '<i>',
          result: { kind: 'failed', message: '````', type: 't', text: ['```', '</details>'] },
        },
      ],
    };
    const text = stepSummary('<h> & | more', [odd]);
    expect(text).toContain('### &lt;h> &amp; \\| more');
    expect(text).toContain('| a\\|b &lt;b> | 0 | 1 |');
    expect(text).toContain('<summary>&lt;i> in a\\|b &lt;b></summary>');
    expect(text).toContain('`````text\n````\n```\n</details>\n`````\n');
  });

  it('stays below what GitHub accepts', () => {
    const long = Array.from({ length: 3 }, (_, i) => ({
      name: `p${i}`,
      result: { kind: 'failed', message: 'm', type: 't', text: ['x'.repeat(400_000)] } as const,
    }));
    const text = stepSummary('much', [{ name: 'long', cases: long }]);
    expect(Buffer.byteLength(text)).toBeLessThan(2 ** 20);
    expect(text).toContain('1 more did not fit here.');
  });
});
