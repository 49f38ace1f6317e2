/** The workflow and the script of docs/ci.md, as far as a machine without those services can. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../src/counterexample/model-version.ts';
import { reportSchema } from '../../src/report/schema.ts';
import { readKtap } from '../report/ktap-reader.ts';
import { elementsIn, junitErrors, sarifErrors } from '../report/validators.ts';

const examples = join(packageRoot, 'docs', 'examples', 'ci');
const cheap = ['repointed', 'becomes-table'].map((id) => `shadow-direct-${id}`).join(' ');

interface Step {
  readonly uses?: string;
  readonly name?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly needs?: string;
  readonly strategy?: { readonly matrix: { readonly shard: readonly number[] } };
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly env: Readonly<Record<string, string | number>>;
  readonly jobs: Readonly<Record<'check' | 'report', Job>>;
}

const workflow = parse(readFileSync(join(examples, 'github-actions.yml'), 'utf8')) as Workflow;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
  mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
  const main = join(packageRoot, 'dist', 'src', 'cli', 'main.js');
  const script = (path: string, line: string) =>
    writeFileSync(join(folder, path), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  script('node_modules/.bin/kvm-mmu-check', `exec '${process.execPath}' '${main}' "$@"`);
  // Finds the same program as npx does, in less time.
  script('npx', 'exec ./node_modules/.bin/"$@"');
  cpSync(join(examples, 'gate.sh'), join(folder, 'gate.sh'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const text = (name: string) => readFileSync(join(folder, name), 'utf8');

/** As a runner does: `bash -e`, with the variables of the workflow and of the step. */
function shell(script: string, variables: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder, ...variables },
  });
  return { code: status, out: stdout, err: stderr };
}

function stepsOf(job: Job, shard: number) {
  const summary = join(folder, `summary-${shard}.md`);
  return job.steps.flatMap(({ run, name, env = {} }) => {
    if (run === undefined || name === 'Install') return [];
    const own = Object.entries(env).map(([key, value]): [string, string] => [
      key,
      value.replace('${{ matrix.shard }}', String(shard)),
    ]);
    const variables = {
      SHARDS: String(workflow.env['SHARDS']),
      SCENARIOS: cheap,
      GITHUB_ACTIONS: 'true',
      GITHUB_STEP_SUMMARY: summary,
      ...Object.fromEntries(own),
    };
    return [shell(run, variables)];
  });
}

describe('the workflow for GitHub Actions', () => {
  it('has as many shards as it says, and merges after all of them', () => {
    const { check, report } = workflow.jobs;
    expect(check.strategy?.matrix.shard).toEqual([1, 2, 3]);
    expect(workflow.env['SHARDS']).toBe(3);
    expect(report.needs).toBe('check');
  });

  it('checks in shards, and merges what they left', async () => {
    for (const shard of workflow.jobs.check.strategy?.matrix.shard ?? []) {
      for (const step of stepsOf(workflow.jobs.check, shard)) expect(step.err).toBe('');
      const document = reportSchema.parse(JSON.parse(text(`reports/shard-${shard}.json`)));
      expect(document.shard).toEqual({ index: shard, of: 3 });
      expect(text(`summary-${shard}.md`)).toMatch(/^### check: no violation in [01] scenario/);
    }
    const [merge] = stepsOf(workflow.jobs.report, 0);
    // Two scenarios alone leave some properties without a case.
    expect(merge?.code).toBe(2);
    expect(merge?.out).toMatch(/in 2 scenarios/);
    expect(await junitErrors(text('reports/mmu.junit.xml'))).toEqual([]);
    expect(elementsIn(text('reports/mmu.junit.xml'), 'testsuite').length).toBeGreaterThan(1);
    expect(sarifErrors(text('reports/mmu.sarif'))).toEqual([]);
    expect(text('summary-0.md')).toContain('| shadow-direct-repointed |');
  });

  it('uploads what the steps before have written', () => {
    const { check, report } = workflow.jobs;
    const inputs = [...check.steps, ...report.steps].map((step) => step.with ?? {});
    expect(inputs.map((input) => input['sarif_file'])).toContain('reports/mmu.sarif');
    const paths = inputs.map((input) => input['path']);
    expect(paths).toContain('reports\ncounterexamples/found\n');
  });
});

describe('the script for a plain shell', () => {
  const gate = (words: string, variables = {}) =>
    shell(`./gate.sh ${words}`, { REPORTS: 'plain', ...variables });

  it('opens when all holds, and leaves reports', async () => {
    const { code, out } = gate(cheap);
    expect(out).toMatch(/\ngate: open\n$/);
    expect(code).toBe(0);
    expect(readKtap(text('plain/mmu.ktap'))).toHaveLength(2);
    expect(await junitErrors(text('plain/mmu.junit.xml'))).toEqual([]);
    expect(sarifErrors(text('plain/mmu.sarif'))).toEqual([]);
  });

  it('closes for a violation, unless the baseline knows it', () => {
    const planted = '--mutant direct-child-gfn-mismatch';
    expect(gate(planted)).toMatchObject({ code: 1 });
    shell(`npx kvm-mmu-check check ${planted} --no-save --write-baseline known.json`, {});
    const { code, out } = gate(planted, { BASELINE: 'known.json' });
    expect(out).toContain('check: no new violation in 1 scenario');
    expect(code).toBe(0);
  });

  it('closes when there is no verdict', () => {
    expect(gate(`${cheap} --max-states 9`)).toMatchObject({ code: 2 });
    expect(gate('--no-such-flag')).toMatchObject({ code: 64 });
  });
});
