/** The table of rules in the manual is that of the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { traceRules, type TraceRule } from '../../src/trace/rules/index.ts';

const manual = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'validate.md'), 'utf8');

const code = (text: string) => `\`${text}\``;

function rowOf({ id, says, needs, needsOneOf, memory, property }: TraceRule): string {
  const oneOf = needsOneOf === undefined ? [] : [needsOneOf.map(code).join(' or ')];
  const events = [...needs.map(code), ...oneOf].join(', ');
  const cells = [code(id), says, events, memory, property === undefined ? '–' : code(property)];
  return `| ${cells.join(' | ')} |`;
}

it('lists every rule as it is', () => {
  const rows = manual
    .split('\n')
    .filter((line) => /^\| `[a-z0-9-]+` \| .* \| [\d,]+ \|$/.test(line));
  const withoutCases = rows.map((row) => row.replace(/ [\d,]+ \|$/, ''));
  expect(withoutCases).toEqual(traceRules.map(rowOf));
});
