/** The examples of `--help`, executed: each does what its line says, and ends as it should. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from '../../src/checker/instance.ts';
import { runCli } from '../../src/cli/cli.ts';
import type { Environment } from '../../src/cli/environment.ts';
import { currentModel } from '../../src/counterexample/model-version.ts';
import { wordsOf } from '../console-blocks.ts';
import { toyEnvironment } from '../toy/catalogue.ts';

const root = join(import.meta.dirname, '../..');
const main = join(root, 'dist/src/cli/main.js');
const trace = join(root, 'test/traces/healthy/5.10.223-shadow-unsync.trace.txt.gz');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
  cpSync(join(root, 'counterexamples'), join(folder, 'counterexamples'), { recursive: true });
  cpSync(trace, join(folder, 'trace.txt.gz'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const kvmMmuCheck = (line: string, input?: Buffer) =>
  spawnSync(process.execPath, [main, ...wordsOf(line)], {
    cwd: folder,
    encoding: 'utf8',
    ...(input && { input }),
  });

/** In this process, where time can pass as it likes, and somebody may stop it. */
async function here(line: string, changes: Partial<Environment>) {
  const recorded = { out: '', err: '' };
  const environment = { catalogue, model: currentModel(), corpus: () => 'counterexamples' };
  const home = process.cwd();
  process.chdir(folder);
  try {
    const code = await runCli(
      wordsOf(line),
      toyEnvironment(recorded, { ...environment, ...changes }),
    );
    return { code, ...recorded };
  } finally {
    process.chdir(home);
  }
}

/** A clock by which so much passes whenever somebody looks. */
const clock = (step_ms: number) => {
  let time = 0;
  return () => (time += step_ms);
};

/** What the line of an example does, by its words. */
const examples: Readonly<Record<string, (line: string) => void | Promise<void>>> = {
  'check shadow-unsync': (line) => {
    const { status, stdout } = kvmMmuCheck(line);
    expect(stdout).toMatch(/^HELD .* in all [\d,]+ states/m);
    expect(status).toBe(0);
  },
  'check --mutant link-unsynced-child': (line) => {
    const { status, stdout } = kvmMmuCheck(line);
    expect(stdout).toMatch(/^VIOLATION /m);
    expect(status).toBe(1);
  },
  'check --liveness': (line) => {
    const { status, stdout } = kvmMmuCheck(line);
    expect(stdout).toMatch(/no violation in \d+ scenarios/);
    expect(status).toBe(0);
  },
  'list rules': (line) => {
    const { status, stdout } = kvmMmuCheck(line);
    expect(stdout).toContain('lookup_unsync');
    expect(status).toBe(0);
  },
  'merge shard-1.json shard-2.json --junit all.xml': (line) => {
    for (const shard of [1, 2]) {
      const part = `check shadow-rights shadow-write-flood --shard ${shard}/2 --format json`;
      const { status } = kvmMmuCheck(`${part} --out shard-${shard}.json`);
      expect(status).toBe(0);
    }
    const { status, stdout } = kvmMmuCheck(line);
    expect(stdout).toContain('2 scenarios');
    expect(readFileSync(join(folder, 'all.xml'), 'utf8')).toContain('<testsuites');
    expect(status).toBe(0);
  },
  'mutants inherited-permission': (line) => {
    const { status, stdout } = kvmMmuCheck(line);
    expect(stdout).toMatch(/1 of 1 found/);
    expect(status).toBe(0);
  },
  'mutants --engine random --timeout 10s': async (line) => {
    const now = clock(1000);
    let looks = 0;
    const stopSignal = () => (++looks > 400 ? 'SIGINT' : undefined);
    expect(await here(line, { now, stopSignal })).toMatchObject({ code: 130 });
  },
  'replay counterexamples': (line) => {
    const { status, stdout } = kvmMmuCheck(line);
    expect(stdout).toMatch(/^AS RECORDED /m);
    expect(stdout).not.toMatch(/^NOT AS RECORDED/m);
    expect(status).toBe(0);
  },
  'rules lookup_unsync': async (line) => {
    let looks = 0;
    const stopSignal = () => (++looks > 40 ? 'SIGINT' : undefined);
    expect(await here(line, { now: clock(400), stopSignal })).toMatchObject({ code: 130 });
  },
  'rules --resume rules.json': async (line) => {
    let looks = 0;
    const stopSignal = () => (++looks > 40 ? 'SIGINT' : undefined);
    expect(await here(line, { now: clock(400), stopSignal })).toMatchObject({ code: 130 });
    expect(readFileSync(join(folder, 'rules.json'), 'utf8')).toMatch(/^\{/);
  },
  'run --mutant link-unsynced-child --seed 0x5eed': (line) => {
    const { status, stdout } = kvmMmuCheck(line);
    expect(stdout).toMatch(/^VIOLATION /m);
    expect(stdout).toContain('0x5eed');
    expect(status).toBe(1);
  },
  'run --timeout 10s': async (line) => {
    let looks = 0;
    const stopSignal = () => (++looks > 60 ? 'SIGINT' : undefined);
    const { code, out } = await here(line, { now: clock(1000), stopSignal });
    expect(out).toMatch(/^run {2}shadow-unsync /);
    expect(code).toBe(130);
  },
  'run shadow-rights --corpus openings': (line) => {
    const { status, stderr } = kvmMmuCheck(`${line} --max-samples 50`);
    expect(stderr).toMatch(/^corpus: openings\/openings_shadow-rights--/);
    expect(status).toBe(0);
  },
  'validate trace.txt.gz --summary': (line) => {
    const { status, stdout } = kvmMmuCheck(line);
    expect(stdout).toContain('ACCEPTED');
    expect(status).toBe(0);
  },
  'validate trace.txt.gz --explain': (line) => {
    const { status, stdout } = kvmMmuCheck(line);
    expect(stdout).toContain('ACCEPTED');
    expect(status).toBe(0);
  },
  'validate - --only flush-before-entry': (line) => {
    const { status, stdout } = kvmMmuCheck(line, readFileSync(trace));
    expect(stdout).toContain('ACCEPTED');
    expect(status).toBe(0);
  },
};

const program = 'kvm-mmu-check';

/** Command lines in the part of a help text that has examples; a long one goes on below itself. */
function examplesIn(help: string): string[] {
  const [, part = ''] = help.split(/^Examples:\n/m);
  const lines: string[] = [];
  for (const line of part.split('\n')) {
    const [, words = ''] = /^ {2}(\S.*?)(?: {2}.*)?$/.exec(line) ?? [];
    if (words.startsWith(`${program} `)) lines.push(words.slice(program.length + 1));
    else if (words !== '') lines.push(`${lines.pop() ?? ''} ${words}`);
  }
  return lines;
}

describe('the examples of --help', { timeout: 120_000 }, () => {
  it('are those that are executed here', async () => {
    const { out } = await here('--help', {});
    const commands = [...out.matchAll(/^ {2}kvm-mmu-check ([a-z]+)/gm)];
    const found: string[] = [];
    for (const [, command = ''] of commands) {
      found.push(...examplesIn((await here(`${command} --help`, {})).out));
    }
    expect(new Set(found)).toEqual(new Set(Object.keys(examples)));
  });

  it.each(Object.keys(examples))('%s', async (line) => {
    await examples[line]?.(line);
  });
});
