import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkScenario, mutants, replayFile, saveCounterexample, scenarios } from 'kvm-mmu-check';
import { kvmMmuMatchers } from 'kvm-mmu-check/vitest';
import { describe, expect, it } from 'vitest';

expect.extend(kvmMmuMatchers);

describe('KVM as it is', () => {
  it('keeps every property in every state of a scenario', async () => {
    await expect('shadow-rights').toHoldExhaustively();
  });

  it('has as many states as were recorded', async () => {
    const { verdict, statistics } = await checkScenario('shadow-rights');
    expect(verdict).toBe('held');
    const scenario = scenarios.find(({ id }) => id === 'shadow-rights');
    expect(statistics).toMatchObject(scenario?.counts ?? {});
  });
});

describe('KVM with a change', () => {
  it('breaks when a known bug is planted', async () => {
    const [bug] = mutants.filter(({ id }) => id === 'inherited-permission');
    if (bug === undefined) throw new Error('there is such a bug');
    await expect(bug.scenario).toViolate(bug.property, { mutant: bug.id });
  });

  it('breaks when a fault takes any table below an entry for the right one', async () => {
    const rules = { child_reuse_check: 'none' } as const;
    const property = 'rmap-key-is-the-recorded-gfn';
    await expect('shadow-direct-repointed').toViolate(property, { rules });
  });
});

describe('a counterexample', () => {
  it('that came with the package reproduces', async () => {
    const name = 'bad_child-has-the-role-that-its-entry-implies--shadow-shared-directory';
    const url = import.meta.resolve(
      `kvm-mmu-check/counterexamples/${name}--inherited-permission.json`,
    );
    await expect(fileURLToPath(url)).toReproduce();
  });

  it('can be saved, and replayed later', async () => {
    const { violations } = await checkScenario('shadow-shared-directory', {
      mutant: 'inherited-permission',
    });
    const [violation] = violations;
    if (violation === undefined) throw new Error('the bug was not found');
    const folder = mkdtempSync(join(tmpdir(), 'my-mmu-tests-'));
    const file = saveCounterexample(folder, violation.counterexample);
    const { asExpected, text } = replayFile(file);
    expect(asExpected).toBe(true);
    expect(text).toContain('vcpu0  kvm_mmu_load()');
    rmSync(folder, { recursive: true });
  });
});
