/** The table of rules in the manual is that of the program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { traceRules, type TraceRule } from '../../src/trace/rules/index.ts';
import { toyEnvironment } from '../toy/catalogue.ts';

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

describe('list and explain', () => {
  const command = async (...words: readonly string[]) => {
    const recorded = { out: '', err: '' };
    return { code: await runCli(words, toyEnvironment(recorded)), ...recorded };
  };

  it('list every rule, with what it needs and the property that says the same', async () => {
    const { out, code } = await command('list', 'trace-rules', '--format', 'json');
    expect(code).toBe(0);
    const listed = JSON.parse(out) as { id: string; judgedAt: string[]; kernels: string }[];
    expect(listed.map(({ id }) => id)).toEqual(traceRules.map(({ id }) => id));
    expect(
      listed.filter(({ judgedAt, kernels }) => judgedAt.length === 0 || kernels === ''),
    ).toEqual([]);
  });

  it('explain each of them', async () => {
    const { out, code } = await command('explain', 'flush-before-entry');
    expect(code).toBe(0);
    expect(out).toMatch(/^trace rule flush-before-entry\nsays {5}A thread that removed a leaf/);
    expect(out).toContain(
      'needs    kvm_entry, drop_spte or spte_update or kvm_tdp_mmu_spte_changed',
    );
    expect(out).toContain('model    owed-flush-is-paid-before-unlock');
    const all = await Promise.all(traceRules.map(({ id }) => command('explain', id)));
    expect(all.filter(({ code }) => code !== 0)).toEqual([]);
  });
});
