/** The reports of `check`, `run` and `test`, as written by the command line, on the toy. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishedSchemas } from '../../src/build/schemas.ts';
import { catalogue } from '../../src/checker/instance.ts';
import { runCli } from '../../src/cli/cli.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { packageRoot } from '../../src/counterexample/model-version.ts';
import { fileNameOf, saveAs } from '../../src/counterexample/save.ts';
import { reportSchema } from '../../src/report/schema.ts';
import { slowCatalogue, toyEnvironment } from '../toy/catalogue.ts';
import { badRun } from '../toy/counterexamples.ts';
import { readKtap } from './ktap-reader.ts';
import { elementsIn, jsonErrors, junitErrors, sarifErrors } from './validators.ts';

const home = process.cwd();
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

/** A search looks at signals when time passes. */
const now = () => performance.now();

async function run(line: string, changes: Partial<Environment> = {}) {
  const recorded = { out: '', err: '' };
  const environment = toyEnvironment(recorded, changes);
  const code = await runCli(line.split(' '), environment);
  return { code, ...recorded };
}

const files = '--junit j.xml --ktap k.ktap --sarif s.sarif';
const text = (name: string) => readFileSync(name, 'utf8');
const valuesOf = (element: string, name: string) =>
  elementsIn(text('j.xml'), element).map((e) => e.getAttribute(name));

interface Sarif {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly {
      readonly kind: string;
      readonly ruleId: string;
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string };
          readonly region: { readonly startLine: number };
        };
      }[];
    }[];
  }[];
}
const sarifRun = () => (JSON.parse(text('s.sarif')) as Sarif).runs[0];
const kindsOf = () => sarifRun()?.results.map(({ kind, ruleId }) => `${kind} ${ruleId}`);

/** `junit`: whether to put it to the schema too, which takes long. */
async function expectValid(junit = false) {
  if (junit) expect(await junitErrors(text('j.xml'))).toEqual([]);
  expect(sarifErrors(text('s.sarif'))).toEqual([]);
  return readKtap(text('k.ktap'));
}

const withFiles = {
  ...toyEnvironment({ out: '', err: '' }).catalogue,
  properties: toyEnvironment({ out: '', err: '' }).catalogue.properties.map((property) => ({
    ...property,
    file: `properties/${property.id}.ts`,
  })),
};

describe('the reports of check', () => {
  it('have a case per property and scenario, all passed when all hold', async () => {
    expect((await run(`check ${files}`)).code).toBe(0);
    const [scenario] = await expectValid(true);
    expect(scenario).toMatchObject({ ok: true, name: 'lock-two-actors' });
    expect(scenario?.subtests.map(({ name }) => name)).toEqual([
      'one-inside-at-a-time',
      'entry-takes-the-lock',
    ]);
    expect(valuesOf('testsuite', 'timestamp')).toEqual(['2026-01-02T03:04:05.678Z']);
    expect(elementsIn(text('j.xml'), 'skipped')).toEqual([]);
    expect(kindsOf()).toEqual(['pass one-inside-at-a-time', 'pass entry-takes-the-lock']);
    expect(sarifRun()?.tool.driver.rules).toHaveLength(2);
  });

  it('judge no property that the end of the search left open', async () => {
    expect((await run(`check --mutant test-then-set ${files}`)).code).toBe(1);
    const [scenario] = await expectValid(true);
    expect(scenario?.ok).toBe(false);
    expect(scenario?.subtests).toMatchObject([
      { ok: false, name: 'one-inside-at-a-time' },
      { ok: true, directive: 'SKIP', diagnostic: expect.stringContaining('ended with the viol') },
    ]);
    expect(scenario?.subtests[0]?.notes).toContain('broken   two actors are inside (inside 2)');
    expect(kindsOf()).toEqual(['fail one-inside-at-a-time', 'open entry-takes-the-lock']);
    await run(`check --mutant test-then-set --continue ${files}`);
    const [, other] = (await expectValid())[0]?.subtests ?? [];
    expect(other).toMatchObject({ ok: true, directive: undefined });
  });

  it('point at the property, and at the last step in the file that keeps the run', async () => {
    await run(`check --mutant test-then-set ${files}`, { catalogue: withFiles });
    await expectValid();
    expect(text('s.sarif')).toContain('"fullyQualifiedName": "lock_release()"');
    const places = sarifRun()?.results[0]?.locations.map((one) => one.physicalLocation) ?? [];
    expect(places[0]?.artifactLocation.uri).toBe('properties/one-inside-at-a-time.ts');
    const [, last] = places;
    const lines = text(last?.artifactLocation.uri ?? '').split('\n');
    expect(lines[(last?.region.startLine ?? 0) - 1]).toBe(
      '    { "actor": "actor1", "transition": "lock_acquire.set", "args": { "actor": "a1" } }',
    );
    expect(valuesOf('testcase', 'file')[0]).toBe('properties/one-inside-at-a-time.ts');
    const [out] = elementsIn(text('j.xml'), 'system-out');
    expect(existsSync(out?.textContent?.slice('[[ATTACHMENT|'.length, -2) ?? '')).toBe(true);
  });

  it('tell code scanning of violations alone', async () => {
    await run(`check --github ${files}`);
    await expectValid();
    expect(kindsOf()).toEqual([]);
    const variables = { GITHUB_ACTIONS: 'true' };
    await run(`check --mutant test-then-set ${files}`, { variables });
    expect(kindsOf()).toEqual(['fail one-inside-at-a-time']);
  });

  it('are valid without a saved file too', async () => {
    await run(`check --mutant test-then-set --no-save ${files}`, { catalogue: withFiles });
    await expectValid();
    expect(sarifRun()?.results[0]?.locations).toHaveLength(1);
  });

  it('skip what a bound left open, and name the bound', async () => {
    const { code, out } = await run(`check lock-two-actors --max-states 1 ${files}`);
    expect(code).toBe(2);
    expect(out).toContain('check: inconclusive in 1 scenario: --max-states was reached');
    const [scenario] = await expectValid();
    expect(scenario).toMatchObject({ ok: true, directive: 'SKIP' });
    expect(valuesOf('skipped', 'message')).toEqual([
      '--max-states was reached',
      '--max-states was reached',
    ]);
  });

  it.each([
    ['--max-states 1', '--max-states was reached'],
    ['--max-depth 0', '--max-depth was reached'],
    ['--timeout 50ms', 'the time limit was reached'],
    ['--max-memory 1K', '--max-memory was reached'],
  ])('with %s end with 2 and say: %s', async (flags, because) => {
    const slow = { catalogue: slowCatalogue, now };
    const { code, out } = await run(`check lock-two-actors --format json ${flags}`, slow);
    expect(code).toBe(2);
    expect(reportSchema.parse(JSON.parse(out))).toMatchObject({
      verdict: 'inconclusive',
      because,
      exitCode: 2,
    });
  });

  it('say which property had no case, when asked to', async () => {
    const one = 'check lock-two-actors --properties entry-takes-the-lock';
    const { code } = await run(`${one} --max-depth 0 --fail-on-vacuous ${files}`);
    expect(code).toBe(2);
    const tests = await expectValid();
    expect(tests[1]).toMatchObject({
      name: 'every property has a case and a witness',
      subtests: [{ name: 'entry-takes-the-lock', directive: 'SKIP' }],
    });
  });

  it('are whole when a signal ends the work, and say what was left out', async () => {
    const two = {
      ...slowCatalogue,
      scenarios: slowCatalogue.scenarios.slice(0, 2).map((scenario) => ({ ...scenario, ci: true })),
    };
    let polls = 0;
    const stopSignal = () => (++polls > 3 ? ('SIGINT' as const) : undefined);
    const { code, out } = await run(`check --format json ${files}`, {
      catalogue: two,
      stopSignal,
      now,
    });
    expect(code).toBe(130);
    expect(reportSchema.parse(JSON.parse(out))).toMatchObject({
      verdict: 'inconclusive',
      because: 'it was interrupted',
      exitCode: 130,
      notSearched: ['lock-by-hand'],
      searches: [{ scenario: 'lock-two-actors', bound: 'interrupted' }],
    });
    const [, second] = await expectValid(true);
    expect(second).toMatchObject({
      name: 'lock-by-hand',
      directive: 'SKIP',
      subtests: [{ diagnostic: 'it was interrupted before this scenario' }],
    });
    const shown = await run('check', { catalogue: two, stopSignal: () => 'SIGTERM', now });
    expect(shown.code).toBe(143);
    expect(shown.out).toBe(
      'NOT SEARCHED  lock-two-actors\nNOT SEARCHED  lock-by-hand\n' +
        'check: inconclusive in 0 scenarios: it was interrupted\n',
    );
  });
});

describe('the documents for programs', () => {
  const published = (name: string) => publishedSchemas[name] ?? '';
  const lines = (out: string) =>
    out
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));

  it.each([
    'check --mutant test-then-set --continue',
    'check --max-states 1 --no-symmetry --granularity operation',
    'check --fail-on-vacuous --properties entry-takes-the-lock',
    'run --mutant test-then-set --max-samples 50',
    'run lock-by-hand --rule release=anybody --max-samples 1 --max-steps 1',
  ])('of %s match the published schemas', async (line) => {
    const { out } = await run(`${line} --format json`);
    expect(jsonErrors(published('report.schema.json'), JSON.parse(out))).toEqual([]);
    const events = lines((await run(`${line} --format ndjson`)).out);
    expect(events.length).toBeGreaterThan(2);
    for (const event of events) {
      expect(jsonErrors(published('event.schema.json'), event)).toEqual([]);
    }
  });

  it('of test match the published schema', async () => {
    const corpus = { corpus: () => 'counterexamples' };
    saveAs(join('counterexamples', fileNameOf(badRun())), badRun());
    writeFileSync(join('counterexamples', 'bad_cut-off.json'), '{');
    const whole = await run('test --format json', corpus);
    const events = await run('test --format ndjson', corpus);
    for (const value of [JSON.parse(whole.out) as unknown, ...lines(events.out)]) {
      expect(jsonErrors(published('checks.schema.json'), value)).toEqual([]);
    }
  });
});

describe('the reports of run', () => {
  it('say the seed, and pass no property on a walk that failed', async () => {
    const { code } = await run(`run --mutant test-then-set --seed 0x1 ${files}`);
    expect(code).toBe(1);
    const [scenario] = await expectValid();
    expect(scenario?.subtests.map(({ directive }) => directive)).toContain('SKIP');
    expect(valuesOf('property', 'name')).toContain('seed');
    await run(`run --seed 0x1 --max-samples 5 ${files}`);
    expect((await expectValid())[0]).toMatchObject({ ok: true, directive: undefined });
  });
});

describe('the reports of test', () => {
  const corpus = { corpus: () => 'counterexamples' };
  const store = () => saveAs(join('counterexamples', fileNameOf(badRun())), badRun());

  it('have a suite per group, and mutants that fail as they must', async () => {
    store();
    expect((await run('test --junit j.xml --ktap k.ktap', corpus)).code).toBe(0);
    expect(await junitErrors(text('j.xml'))).toEqual([]);
    expect(valuesOf('testsuite', 'name')).toEqual(['counterexamples', 'mutants', 'counts']);
    const [, mutants] = readKtap(text('k.ktap'));
    expect(mutants?.subtests).toMatchObject([
      { ok: true, name: 'test-then-set', directive: 'XFAIL' },
    ]);
  });

  it('fail for a mutant that nothing shows, and call a damaged file an error', async () => {
    store();
    writeFileSync(join('counterexamples', 'bad_cut-off.json'), '{');
    expect((await run('test --junit j.xml --ktap k.ktap', corpus)).code).toBe(65);
    expect(valuesOf('error', 'type')).toEqual(['counterexamples']);
    rmSync(join('counterexamples', fileNameOf(badRun())));
    expect((await run('test --ktap k.ktap', corpus)).code).toBe(1);
    const [stored, mutants] = readKtap(text('k.ktap'));
    expect(stored?.subtests).toMatchObject([{ ok: false, directive: 'ERROR' }]);
    expect(mutants?.subtests).toMatchObject([{ ok: false, directive: undefined }]);
  });

  it('say what an interruption left out', async () => {
    store();
    let polls = 0;
    const stopSignal = () => (++polls > 2 ? ('SIGINT' as const) : undefined);
    const { code, out } = await run('test --ktap k.ktap', {
      ...corpus,
      catalogue: slowCatalogue,
      stopSignal,
      now,
    });
    expect(code).toBe(130);
    expect(out).toContain('NOT JUDGED  lock-two-actors');
    expect(out).toContain('1 not judged: it was interrupted');
    expect(readKtap(text('k.ktap')).at(-1)).toMatchObject({
      name: 'not judged',
      directive: 'SKIP',
    });
  });
});

describe('--ktap without a file', () => {
  it('takes the place of the text', async () => {
    const { out } = await run('check --ktap');
    expect(readKtap(out)).toHaveLength(1);
    saveAs(join('counterexamples', fileNameOf(badRun())), badRun());
    const tested = await run('test --ktap', { corpus: () => 'counterexamples' });
    expect(readKtap(tested.out)).toHaveLength(3);
  });

  it('does not swallow a scenario, nor share the results with another format', async () => {
    const { code, err } = await run('check --ktap lock-two-actors');
    expect(code).toBe(64);
    expect(err).toContain('error KMC-103: --ktap takes "lock-two-actors" for its file');
    expect((await run('check --ktap --format json')).code).toBe(64);
    expect((await run('check --junit')).err).toContain('error KMC-102: --junit: needs a value');
  });
});

describe('GitHub Actions', () => {
  const variables = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: 'summary.md' };

  it('gets annotations and a summary, and the results stay as they are', async () => {
    writeFileSync('summary.md', 'before\n');
    const plain = await run('check --mutant test-then-set --no-save');
    const there = await run('check --mutant test-then-set --no-save', { variables });
    expect(there.out).toBe(plain.out);
    expect(plain.err).toBe('');
    expect(there.err).toMatch(/^::error title=one-inside-at-a-time in lock-two-actors::two actors/);
    expect(text('summary.md')).toMatch(/^before\n### check: 1 violation in 1 scenario\n/);
    expect(text('summary.md')).toContain('place[0]: outside -> tested');
  });

  it('is told nothing when nobody asks, or everything when somebody does', async () => {
    expect((await run('check --max-states 1 --no-github', { variables })).err).toBe('');
    expect((await run('check --max-states 1 --github')).err).toMatch(
      /^::warning title=lock-two-actors%3A no verdict::2 of 2 not judged: --max-states was/,
    );
    const wrong = { ...variables, GITHUB_STEP_SUMMARY: 'no/such/folder.md' };
    expect((await run('check', { variables: wrong })).code).toBe(74);
  });
});

describe('every property of the catalogue', () => {
  it('is in the file that reports point at', () => {
    for (const { id, file = '' } of catalogue.properties) {
      expect(text(join(packageRoot, file))).toContain(`id: '${id}'`);
    }
  });
});
