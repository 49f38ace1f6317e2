/** The command: files, exit codes, steps. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { catalogue } from '../../src/checker/instance.ts';
import { runCli } from '../../src/cli/cli.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { currentModel, packageRoot } from '../../src/counterexample/model-version.ts';
import { saveAs } from '../../src/counterexample/save.ts';
import { formats } from '../../src/export/formats.ts';
import { toyEnvironment } from '../toy/catalogue.ts';
import { badRun } from '../toy/counterexamples.ts';
import { storedFiles } from './runs.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(words: readonly string[], changes: Partial<Environment> = {}) {
  const recorded = { out: '', err: '' };
  const code = await runCli(words, toyEnvironment(recorded, changes));
  return { code, ...recorded };
}

const kvm = { catalogue, model: currentModel() };
const stored = join(
  packageRoot,
  'counterexamples',
  storedFiles.find((name) => name.includes('lookup-builds-a-twin')) ?? '',
);

describe('export', () => {
  it('writes the same text to a file, whole, and says so', async () => {
    const out = join(folder, 'new', 'run.dot');
    const printed = await run(['export', stored, '--to', 'dot'], kvm);
    const written = await run(['export', stored, '--to', 'dot', '--out', out], kvm);
    expect(written).toEqual({ code: 0, out: `exported ${out}\n`, err: '' });
    expect(readFileSync(out, 'utf8')).toBe(printed.out);
    expect(readdirSync(join(folder, 'new'))).toEqual(['run.dot']);
  });

  it('shows the state of a step, and refuses one that there is not', async () => {
    const initial = await run(['export', stored, '--to', 'dot', '--step', '0'], kvm);
    expect(initial.out).toContain('initial state');
    const beyond = await run(['export', stored, '--to', 'dot', '--step', '5'], kvm);
    expect(beyond.code).toBe(64);
    expect(beyond.err).toContain('KMC-102: --step 5: the run has 4 steps');
  });

  it('ends with 1 when the verdict is not the recorded one', async () => {
    const file = join(folder, 'bad_toy.json');
    saveAs(file, { ...badRun(), expect: { verdict: 'holds' } });
    const { code, out, err } = await run(['export', file, '--to', 'mail']);
    expect(code).toBe(1);
    expect(out).toContain('one-inside-at-a-time is violated at step 4');
    expect(err).toContain('NOT AS RECORDED  recorded: holds over 4 steps; now: violates');
  });

  it('refuses a file of another model unless told to go on', async () => {
    const words = ['export', stored, '--to', 'mermaid'];
    const other = { ...kvm, model: { version: '9.9.9', hash: 'ffffffffffffffff' } };
    expect((await run(words, other)).code).toBe(65);
    expect((await run([...words, '--accept-model-change'], other)).code).toBe(0);
  });

  it('names every format where it asks for one', async () => {
    const { out } = await run(['export', '--help']);
    for (const { id } of formats) expect(out).toMatch(new RegExp(`"${id}"`));
  });

  it('is known to the completion of shells', async () => {
    const { out } = await run(['--get-yargs-completions', 'kvm-mmu-check', 'exp']);
    expect(out).toContain('export');
  });
});
