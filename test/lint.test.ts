/** The dependency rule as the linter enforces it: what must be refused is refused. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const oxlint = join(root, 'node_modules', '.bin', 'oxlint');

const refused = [
  ['model/a.ts', '../properties/index.ts'],
  ['model/a.ts', '../src/engine/outcome.ts'],
  ['model/a.ts', '../src/engine/state/compile.ts'],
  ['model/a.ts', '../src/cli/cli.ts'],
  ['model/a.ts', 'node:fs'],
  ['model/a.ts', 'ts-pattern'],
  ['properties/a.ts', '../src/engine/exhaustive.ts'],
  ['properties/a.ts', 'fast-check'],
  ['src/engine/a.ts', '../../model/index.ts'],
  ['src/engine/state/a.ts', '../../../properties/index.ts'],
  ['src/engine/state/a.ts', '../../report/text.ts'],
  ['src/engine/a.ts', '../cli/cli.ts'],
  ['src/engine/a.ts', '../checker/catalogue.ts'],
  ['src/counterexample/a.ts', '../cli/cli.ts'],
  ['src/report/a.ts', '../cli/cli.ts'],
  ['src/export/a.ts', '../cli/cli.ts'],
  ['src/picture/a.ts', '../cli/cli.ts'],
  ['src/trace/a.ts', '../cli/cli.ts'],
  ['src/trace/rules/a.ts', '../../engine/program.ts'],
  ['src/trace/explain/a.ts', '../../cli/cli.ts'],
  ['src/cli/a.ts', '../../test/toy/lock.ts'],
  ['bench/a.ts', '../test/toy/lock.ts'],
] as const;

const allowed = [
  ['model/shadow/a.ts', '../../src/engine/machine/index.ts'],
  ['model/a.ts', './shadow/b.ts'],
  ['properties/a.ts', '../model/index.ts'],
  ['properties/a.ts', '../src/engine/machine/index.ts'],
  ['src/engine/state/a.ts', '../machine/index.ts'],
  ['src/engine/random/a.ts', 'fast-check'],
  ['src/counterexample/a.ts', '../engine/program.ts'],
  ['src/trace/explain/a.ts', '../../engine/program.ts'],
  ['src/checker/a.ts', '../../model/index.ts'],
  ['src/trace/report/a.ts', '../../report/style.ts'],
  ['src/cli/a.ts', '../report/text.ts'],
] as const;

describe('the dependency rule', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kvm-mmu-check-'));
    copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Each import in a file of its own; returns which of them the linter refuses. */
  function lint(imports: readonly (readonly [string, string])[]): string[] {
    const names = imports.map(([file, target], i) => {
      const name = file.replace(/a\.ts$/, `a${i}.ts`);
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), `export type { T } from '${target}';\n`);
      return name;
    });
    const { stdout } = spawnSync(oxlint, ['--format', 'unix', ...names], {
      cwd: folder,
      encoding: 'utf8',
    });
    const hits = stdout.split('\n').filter((line) => line.includes('no-restricted-imports'));
    return imports
      .filter((_, i) => hits.some((line) => line.startsWith(`${names[i]}:`)))
      .map(([file, target]) => `${file} -> ${target}`);
  }

  const text = ([file, target]: readonly [string, string]) => `${file} -> ${target}`;

  it('refuses what points the wrong way, types included', () => {
    expect(lint(refused)).toEqual(refused.map(text));
  });

  it('allows what points the right way', () => {
    expect(lint(allowed)).toEqual([]);
  });
});
