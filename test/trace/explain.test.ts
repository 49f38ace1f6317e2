/** Parts of traces as runs of the model: the right mutant, a file that replays, a clear refusal. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue, instantiateKvm } from '../../src/checker/instance.ts';
import { runCli } from '../../src/cli/cli.ts';
import { currentModel, packageRoot } from '../../src/counterexample/model-version.ts';
import { compileMachine } from '../../src/engine/program.ts';
import { searchFor } from '../../src/trace/explain/guided-search.ts';
import type { Act, Witnessed } from '../../src/trace/explain/happening.ts';
import { PartReader } from '../../src/trace/explain/part.ts';
import { happeningsOf } from '../../src/trace/explain/model-happenings.ts';
import { focusOf, patternOf } from '../../src/trace/explain/pattern.ts';
import { traceRules } from '../../src/trace/rules/index.ts';
import { toyEnvironment } from '../toy/catalogue.ts';

const traces = join(packageRoot, 'test', 'traces');
const healthy = join(traces, 'healthy', '6.12.117-shadow-unsync.trace.txt.gz');
const tampered = (name: string) => join(traces, 'tampered', `${name}.trace.txt.gz`);

interface Explanation {
  readonly rule: string | null;
  readonly outcome: string;
  readonly because: string | null;
  readonly narrowed: boolean;
  readonly happenings: readonly { readonly line: number; readonly step?: number }[];
  readonly run: null | {
    readonly scenario: string;
    readonly mutant: string | null;
    readonly broken: null | { readonly property: string; readonly step: number };
    readonly saved: string | null;
  };
}

async function command(...words: readonly string[]) {
  const recorded = { out: '', err: '' };
  const environment = { ...toyEnvironment(recorded), catalogue, model: currentModel() };
  return { code: await runCli(words, environment), ...recorded };
}

/** A second of searching would be a timed test: the clock of the environment stands still. */
async function explain(file: string, ...words: readonly string[]): Promise<Explanation> {
  const { out } = await command('validate', file, '--format', 'json', ...words);
  const { traces: all } = JSON.parse(out) as { traces: { explanation: Explanation }[] };
  const [first] = all;
  if (first === undefined) throw new Error(out);
  return first.explanation;
}

describe('validate --explain', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The healthy trace without some of its lines. */
  const without = (name: string, isGone: (line: string, number: number) => boolean): string => {
    const lines = gunzipSync(readFileSync(healthy)).toString().split('\n');
    const path = join(folder, name);
    writeFileSync(path, lines.filter((line, i) => !isGone(line, i + 1)).join('\n'));
    return path;
  };

  it('finds the mutant of the bug that a kernel had', async () => {
    const trace = join(traces, 'known-bug', '6.18.15-shadow-poke-gfn.trace.txt.gz');
    const found = await explain(trace, '--explain', '--save', folder, '--max-states', '5000');
    expect(found).toMatchObject({
      rule: 'direct-leaf-gfn-is-sp-gfn-plus-index',
      outcome: 'mutant',
      narrowed: false,
      run: {
        mutant: 'direct-child-gfn-mismatch',
        broken: { property: 'rmap-key-is-the-recorded-gfn' },
      },
    });
    const steps = found.happenings.map(({ step }) => step ?? 0);
    expect(steps.length).toBeGreaterThan(1);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    const replayed = await command('replay', found.run?.saved ?? '');
    expect(replayed).toMatchObject({ code: 0 });
    expect(replayed.out).toContain('rmap-key-is-the-recorded-gfn');
  });

  it('finds what makes an upper page unsync', async () => {
    const words = ['--explain', '--no-save', '--max-states', '2000'];
    expect(await explain(tampered('unsync-upper-level'), ...words)).toMatchObject({
      outcome: 'mutant',
      run: {
        mutant: 'unsync-at-any-level',
        broken: { property: 'unsync-only-at-4k' },
        saved: null,
      },
    });
  });

  it('finds a flush that a new shadow page is owed', async () => {
    const trace = without('no-flush', (line, n) => n > 292 && n < 325 && / flush_\w+:/.test(line));
    const words = ['--explain', '--no-save', '--max-states', '4000'];
    const { outcome, rule, run } = await explain(trace, ...words);
    expect([rule, outcome]).toEqual(['flush-before-entry', 'mutant']);
    expect(run?.broken?.property).toBe('owed-flush-is-paid-before-unlock');
    const mutant = catalogue.mutants.find(({ id }) => id === run?.mutant);
    expect(mutant?.rule).toMatch(/^(account_flush|update_flush)$/);
  });

  it('finds a writable leaf that comes before its pages are unsync', () => {
    const lines = gunzipSync(readFileSync(healthy)).toString().split('\n').toSpliced(633, 1);
    const rule = traceRules.find(({ id }) => id === 'writable-spte-needs-unsync-sp');
    if (rule === undefined) throw new Error('no rule');
    const reader = new PartReader({ kind: 'violation', rule, line: 637, evidence: [311] }, {});
    lines.forEach((text, i) => reader.line({ number: i + 1, text, complete: true }));
    const question = reader.question();
    if (!('core' in question)) throw new Error(question.because);
    const outcome = (rules: { readonly mutant?: string }) => {
      const machine = instantiateKvm({
        scenario: 'shadow-fault-race',
        preset: 'upstream',
        rules: {},
        granularity: 'operation',
        properties: ['unsync-precedes-writable-leaf'],
        ...rules,
      });
      return searchFor(machine, question.core, { states: 20_000, isOver: () => false }).kind;
    };
    expect(outcome({})).toBe('none');
    expect(outcome({ mutant: 'unsync-flag-after-writable' })).toBe('found');
  });

  it('shows healthy lines as a run that breaks nothing', async () => {
    const found = await explain(
      healthy,
      '--lines',
      '630..775',
      '--save',
      folder,
      '--max-states',
      '20000',
    );
    expect(found).toMatchObject({ rule: null, outcome: 'upstream', narrowed: true });
    expect(found.happenings.map(({ line }) => line)).toEqual([634, 638, 761, 764, 765]);
    expect(found.run).toMatchObject({ mutant: null, broken: null });
    expect(found.run?.saved).toMatch(/good_run--[\w-]+\.json$/);
    expect(await command('replay', found.run?.saved ?? '')).toMatchObject({ code: 0 });
  });

  it('says what the model has no counterpart for', async () => {
    const because = async (name: string) => {
      const { outcome, because } = await explain(tampered(name), '--explain');
      expect(outcome).toBe('no-counterpart');
      return because;
    };
    expect(await because('wrong-pfn')).toMatch(/^line 865: a fault of the model maps the frame/);
    expect(await because('tdp-stale-old-value')).toMatch(/^line 313: an entry of the TDP MMU/);
    expect(await because('exec-huge')).toBe(
      'no property of the model says what nx-huge-not-exec says',
    );
    const twice = without('no-sync', (_, number) => number === 765);
    expect((await explain(twice, '--explain')).because).toMatch(
      /^line 842: a page of the model that is unsync does not become it again$/,
    );
  });

  it('says when the lines are too many for the model', async () => {
    const found = await explain(healthy, '--lines', '1..1775');
    expect(found).toMatchObject({ outcome: 'too-large', run: null });
    expect(found.because).toMatch(/^\d+ things happen, and a run of the model shows at most 40$/);
  });

  it('names the bound that stopped it', async () => {
    const words = ['--explain', '--max-states', '10', '--no-save'];
    const { out } = await command('validate', tampered('missing-flush'), ...words);
    expect(out).toMatch(/^bound +\d+ of \d+ searches were stopped before their end: raise/m);
    expect(out).toMatch(/^near +owed-flush-is-paid-before-unlock breaks under /m);
  });

  it('says nothing about a trace that breaks nothing', async () => {
    expect((await command('validate', healthy, '--explain')).out).not.toContain('EXPLAIN');
  });

  it('refuses wrong usage with 64', async () => {
    const refused = async (...words: string[]) => {
      const { code, err } = await command('validate', ...words);
      expect(code).toBe(64);
      return err;
    };
    expect(await refused(healthy, '--lines', '9..3')).toContain('KMC-102');
    expect(await refused(healthy, '--lines', '9')).toContain('for example: --lines 120..180');
    expect(await refused(healthy, healthy, '--lines', '1..2')).toContain('KMC-103');
    expect(await refused('-', '--explain')).toContain('reads the trace twice');
    expect(await refused(healthy, '--explain', '--timeout', 'soon')).toContain('KMC-102');
  });
});

/** The happenings of a stored run, as if a trace had shown them. */
function asTrace(file: string): { items: Witnessed[]; scenario: string } {
  const { scenario, actions, granularity } = JSON.parse(
    readFileSync(join(packageRoot, 'counterexamples', file), 'utf8'),
  ) as {
    scenario: string;
    granularity: 'step' | 'operation';
    actions: { transition: string; args: Record<string, string | number> }[];
  };
  const selection = { scenario, preset: 'upstream', rules: {}, granularity, properties: [] };
  const program = compileMachine(instantiateKvm(selection));
  program.initialise(0);
  const items = actions.flatMap((action, i) => {
    expect(program.execute(program.instanceOf(action) ?? -1)).toBe(true);
    return happeningsOf(program.before, program.current, action.transition).map((one) => ({
      ...one,
      line: i + 1,
      thread: one.actor,
    }));
  });
  return { items, scenario };
}

describe('the guided search', () => {
  const visible = new Set<Act>(['page-created', 'page-unsynced', 'page-synced', 'page-zapped']);

  it.each([
    'good_unsync_flag_before_writable.json',
    'good_link_syncs_unsync_child_first.json',
    'good_large_entry_becomes_table.json',
  ])('finds the pages of %s again', (file) => {
    const { items, scenario } = asTrace(file);
    const pages = items.filter(({ page, act }) => page !== undefined && visible.has(act));
    const vcpus = new Set(items.map(({ actor }) => actor).filter((actor) => actor >= 0));
    const pattern = patternOf(pages, focusOf(pages, false), { visible, vcpus });
    expect(pattern.items.length).toBeGreaterThan(1);
    const selection = { scenario, preset: 'upstream', rules: {}, properties: [] };
    const limits = { states: 50_000, isOver: () => false };
    const outcome = searchFor(instantiateKvm(selection), pattern, limits);
    expect(outcome.kind).toBe('found');
  });
});
