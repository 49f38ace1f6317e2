/** What depends on clock, terminal and signals, in process. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { readCounterexample } from '../../src/counterexample/load.ts';
import { fileNameOf, saveAs } from '../../src/counterexample/save.ts';
import { assertModel } from '../../src/engine/machine/index.ts';
import { erased } from '../../src/checker/catalogue.ts';
import { slowCatalogue, toyCatalogue, toyEnvironment } from '../toy/catalogue.ts';
import { badRun, goodRun } from '../toy/counterexamples.ts';
import { counterMachine } from '../toy/counters.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function run(words: readonly string[], changes: Partial<Environment> = {}) {
  const recorded = { out: '', err: '' };
  const environment = toyEnvironment(recorded, {
    now: () => performance.now(),
    corpus: () => folder,
    ...changes,
  });
  const code = await runCli(words, environment);
  return { code, ...recorded };
}

const all = ['all', '--random-time', '100ms', '--no-save'];
const storeBadRun = () => saveAs(join(folder, fileNameOf(badRun())), badRun());

describe('all', () => {
  it('ends with a verdict in words when everything is as it must be', async () => {
    storeBadRun();
    const { code, out, err } = await run(all);
    expect(err).toBe('');
    expect(out).toMatch(/^1 of 3 {3}exhaustive search/);
    expect(out).toMatch(/\nPASS {5}\d/);
    expect(out).toContain('next     kvm-mmu-check check --mutant test-then-set');
    expect(code).toBe(0);
  });

  it('fails when a mutant has no stored counterexample', async () => {
    const { code, out } = await run(all);
    expect(out).toContain('FAIL');
    expect(out).toContain('make one: kvm-mmu-check check --mutant test-then-set --properties');
    expect(code).toBe(1);
  });

  it('shows a violation in full', async () => {
    const violated = {
      ...toyCatalogue,
      instantiate: (selection: Parameters<typeof toyCatalogue.instantiate>[0]) =>
        toyCatalogue.instantiate({ ...selection, mutant: 'test-then-set' }),
    };
    const { code, out } = await run(all, { catalogue: violated });
    expect(out).toContain('VIOLATION  one-inside-at-a-time');
    expect(out).toContain('2 of 2 searches found a violation');
    expect(code).toBe(1);
  });

  it('says that it was stopped', async () => {
    const { code, out } = await run(all, { stopSignal: () => 'SIGINT' });
    expect(out).toContain('stopped by a signal');
    expect(code).toBe(130);
  });
});

describe('test', () => {
  it('ends with 65 when files that cannot be judged are all that is wrong', async () => {
    storeBadRun();
    writeFileSync(join(folder, 'bad_cut-off.json'), '{');
    const { code, out } = await run(['test', folder]);
    expect(out).toMatch(/FAIL {2}bad_cut-off.json +KMC-203: not JSON/);
    expect(code).toBe(65);
  });

  it('ends with 65 when all is well but for another model', async () => {
    const model = { version: '9.9.9', hash: 'ffffffffffffffff' };
    saveAs(join(folder, fileNameOf(badRun())), { ...badRun(), model });
    const { code, out } = await run(['test']);
    expect(out).toContain('KMC-206');
    expect(out).toMatch(/FAIL {2}test-then-set +its stored counterexample is not as recorded/);
    expect(code).toBe(65);
  });

  it('ends with 1 when a verdict is not as recorded', async () => {
    const expected = { verdict: 'violated', property: 'one-inside-at-a-time', step: 3 } as const;
    saveAs(join(folder, 'bad_wrong.json'), { ...badRun(), expect: expected });
    const { code, out } = await run(['test', folder]);
    expect(out).toContain('recorded: violates one-inside-at-a-time at step 3; now:');
    expect(code).toBe(1);
  });

  it('wants the name of a file to say its verdict', async () => {
    saveAs(join(folder, 'good_wrong.json'), badRun());
    const { code, out } = await run(['test', folder]);
    expect(out).toContain('is not named bad_*.json');
    expect(code).toBe(1);
  });

  it('records stale files anew when told to, and keeps what people wrote', async () => {
    const model = { version: '0.0.0', hash: 'ffffffffffffffff' };
    const file = join(folder, fileNameOf(badRun()));
    saveAs(file, { ...badRun(), model, notes: 'worth reading' });
    expect((await run(['test', folder])).code).toBe(65);
    const { code, err } = await run(['test', '--update', folder]);
    expect(err).toBe(`recorded anew: ${file}\n`);
    expect(code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('worth reading');
    expect((await run(['test', '--update', folder])).err).toBe('');
  });
});

describe('test --update', () => {
  it('finds the counterexamples of mutants that have none', async () => {
    const { code, out, err } = await run(['test', '--update']);
    expect(err).toBe(`found: ${join(folder, fileNameOf(badRun()))}\n`);
    expect(out).toContain('test: 3 passed, 0 failed');
    expect(code).toBe(0);
    expect((await run(['test', '--update'])).err).toBe('');
  });

  it('fills in the fingerprints of a run written by hand', async () => {
    const file = join(folder, 'good_draft.json');
    const model = { version: '0.0.0', hash: '0adcd5aa51ee2980' };
    saveAs(file, { ...goodRun(), model, fingerprints: [] });
    expect((await run(['test', file])).out).toContain('KMC-204');
    expect((await run(['test', '--update', file])).code).toBe(0);
    expect(readCounterexample(file)).toEqual(goodRun());
  });
});

describe('replay', () => {
  it('ends with 1 when the verdict is not as recorded', async () => {
    const file = join(folder, 'bad_wrong.json');
    saveAs(file, { ...badRun(), expect: { verdict: 'holds' } });
    const { code, out } = await run(['replay', file]);
    expect(out).toContain('NOT AS RECORDED  recorded: holds over 4 steps; now: violates');
    expect(code).toBe(1);
  });

  it('refuses another model unless told to go on', async () => {
    const file = join(folder, 'bad_stale.json');
    saveAs(file, { ...badRun(), model: { version: '9.9.9', hash: 'ffffffffffffffff' } });
    const { code, err } = await run(['replay', file]);
    expect(err).toMatch(/^error KMC-206/);
    expect(code).toBe(65);
    expect((await run(['replay', '--accept-model-change', file])).code).toBe(0);
  });
});

describe('output', () => {
  it('has colour on a terminal, unless the user objects', async () => {
    const words = ['check', '--no-save'];
    const terminal = { outIsTerminal: true };
    const coloured = '\u001B[32mHELD';
    expect((await run(words, terminal)).out).toContain(coloured);
    expect((await run(words)).out).not.toContain(coloured);
    expect((await run([...words, '--color', 'always'])).out).toContain(coloured);
    expect((await run([...words, '--color', 'never'], terminal)).out).not.toContain(coloured);
    const variables = { NO_COLOR: '1' };
    expect((await run(words, { ...terminal, variables })).out).not.toContain(coloured);
  });

  it('shows progress on standard error, on a terminal or when asked for', async () => {
    const words = ['check', '--timeout', '1500ms'];
    const slow = { catalogue: slowCatalogue };
    expect((await run(words, slow)).err).toBe('');
    const asked = await run([...words, '--progress'], slow);
    expect(asked.err).toMatch(/^lock-two-actors: depth \d+ /);
    expect(asked.out).toContain('INCONCLUSIVE  the time limit was reached');
    const terminal = await run(words, { ...slow, errIsTerminal: true });
    expect(terminal.err.endsWith('\r\u001B[K')).toBe(true);
    expect(terminal.code).toBe(2);
  });

  it('goes to a file in one piece', async () => {
    const file = join(folder, 'report.json');
    const { code, out } = await run(['check', '--format', 'json', '--out', file]);
    expect([code, out]).toEqual([0, '']);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      schema: 'kvm-mmu-check/report@1',
      verdict: 'held',
      exitCode: 0,
      searches: [{ scenario: 'lock-two-actors', verdict: 'held', statistics: { states: 2 } }],
    });
  });
});

describe('a broken model', () => {
  it('is an internal error with the steps that led to it, not a verdict', async () => {
    const machine = counterMachine(2);
    const [set] = machine.transitions;
    if (set === undefined) throw new Error('the machine has a transition');
    const broken: typeof set = {
      ...set,
      step: (view, ...args) => {
        assertModel(!view.bit.get(1), 'bit 1 stays clear');
        return set.step(view, ...args);
      },
    };
    const catalogue = {
      ...toyCatalogue,
      instantiate: () => erased({ ...machine, transitions: [broken] }),
    };
    const { code, err } = await run(['check'], { catalogue });
    expect(err).toContain('a model assumption does not hold: bit 1 stays clear');
    expect(err).toContain('1  counter  set(bit=1)');
    expect(err).toContain('repeat: kvm-mmu-check check lock-two-actors');
    expect(code).toBe(70);
  });
});
