import { beforeAll, describe, expect, it } from 'vitest';
import { mermaidText } from '../../src/export/mermaid.ts';
import { mermaid } from './mermaid-reader.ts';
import { endlessRun, hostileRun, runEnding, toyGoodRun, toyRun } from './runs.ts';

let reader: ReturnType<typeof mermaid>;
beforeAll(() => {
  reader = mermaid();
});

const race = () => runEnding('perm-reduction-no-remote-flush');

describe('mermaidText', () => {
  it('has a line per actor, and a message per step in their order', async () => {
    const { db } = await reader.mermaidAPI.getDiagramFromText(mermaidText(race()));
    const names = [...db.getActors().values()].map(({ description }) => description);
    expect(names).toEqual(['vcpu0', 'vcpu1']);
    const messages = db.getMessages().flatMap(({ message }) => {
      const [, number] = /^(\d+) \S/.exec(String(message)) ?? [];
      return number === undefined ? [] : [Number(number)];
    });
    expect(messages).toEqual(race().steps.map(({ number }) => number));
  });

  it('draws a bar while mmu_lock is held', () => {
    const text = mermaidText(race());
    const taken = text.match(/^ {2}activate /gm)?.length;
    expect(taken).toBe(race().steps.filter((s) => s.changes[0]?.startsWith('+ mmu_lock')).length);
    expect(taken).toBe(text.match(/^ {2}deactivate /gm)?.length);
  });

  it('marks the violation, and nothing in a run that holds', () => {
    expect(mermaidText(toyRun())).toMatch(
      /rect .*\n.*VIOLATION one-inside-at-a-time.*\n {2}end\n$/,
    );
    expect(mermaidText(toyGoodRun())).not.toContain('VIOLATION');
  });

  it('puts what repeats for ever into a loop', async () => {
    const text = mermaidText(endlessRun());
    expect(text).toMatch(/2 lock_acquire[^]*loop for ever[^]*3 lock[^]*4 lock[^]*\n {2}end\n/);
    expect((await reader.parse(text)).diagramType).toBe('sequence');
  });

  it('remains a diagram whatever the texts are', async () => {
    const hostile = mermaidText(hostileRun(race()));
    expect((await reader.parse(hostile)).diagramType).toBe('sequence');
    expect(hostile).not.toContain('<script');
  });

  it('leaves out the beginning of what is too long to draw', async () => {
    const [first] = race().steps;
    if (first === undefined) throw new Error('no steps');
    const steps = Array.from({ length: 400 }, (_, i) => ({ ...first, number: i + 1 }));
    const states = Array.from({ length: 401 }, () => race().states[0] ?? {});
    const long = { ...race(), steps, states, activities: [] };
    const text = mermaidText(long);
    expect(text).toContain('steps 1 to 250 are left out');
    expect(text).toContain('400 kvm_mmu_load');
    const wordy = steps.map((step) => ({ ...step, changes: ['x'.repeat(1000)] }));
    const short = mermaidText({ ...long, steps: wordy });
    expect(short.length).toBeLessThanOrEqual(50_000);
    expect(short).toContain('400 kvm_mmu_load');
    expect((await reader.parse(short)).diagramType).toBe('sequence');
  });
});
