/** The examples beside this file, executed on the toy. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { patternOf, readExamples, wordsOf } from '../console-blocks.ts';
import { toyEnvironment } from '../toy/catalogue.ts';

const here = import.meta.dirname;
const files = readdirSync(here)
  .filter((name) => name.endsWith('.md'))
  .sort();

/** One after the other in one folder: later examples use files of earlier ones. */
describe.each(files)('%s', (file) => {
  const home = process.cwd();
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
    process.chdir(folder);
  });

  afterAll(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });

  for (const example of readExamples(join(here, file), file)) {
    it(`line ${example.line}: ${example.command}`, async () => {
      const recorded = { out: '', err: '' };
      const [program, ...words] = wordsOf(example.command);
      expect(program).toBe('kvm-mmu-check');
      const environment = toyEnvironment(recorded, { corpus: () => 'counterexamples' });
      const code = await runCli(words, environment);
      expect(recorded.out + recorded.err).toMatch(patternOf(example.expected));
      expect(code).toBe(example.exit);
    });
  }
});
