import { describe, expect, it } from 'vitest';
import { perfettoText } from '../../src/export/perfetto.ts';
import { traceEvents, type TraceEvent } from './readers.ts';
import { hostileRun, runEnding, toyRun } from './runs.ts';

const eventsOf = (ending: string) => traceEvents(perfettoText(runEnding(ending)));

const sectionsOf = (events: readonly TraceEvent[], tid: number) =>
  events.flatMap((event) =>
    event.ph === 'X' && event.cat === 'section' && event.tid === tid
      ? [`${event.name} ${event.ts / 1000}..${Math.floor((event.ts + event.dur) / 1000)}`]
      : [],
  );

/** `name 17 -> 19`: from the step that owes to the one that pays. */
const arrowsOf = (events: readonly TraceEvent[]) =>
  events.flatMap((event) => {
    if (event.ph !== 's') return [];
    const end = events.find((other) => other.ph === 'f' && other.id === event.id);
    const to = end?.ph === 'f' ? Math.floor(end.ts / 1000) : 0;
    return [`${event.name} ${Math.floor(event.ts / 1000)} -> ${to}`];
  });

const batch = 'sync-batch-writable-peer';
const race = 'perm-reduction-no-remote-flush';

describe('perfettoText', () => {
  it('has a track per actor', () => {
    const names = eventsOf(race).flatMap((event) =>
      event.ph === 'M' && event.name === 'thread_name' ? [event.args['name']] : [],
    );
    expect(names).toEqual(['vcpu0', 'vcpu1']);
  });

  it('begins step n at 1000 n', () => {
    const steps = eventsOf(race).filter((event) => event.ph === 'X' && event.cat === 'step');
    expect(steps.map((step) => (step.ph === 'X' ? step.ts : 0))).toEqual(
      runEnding(race).steps.map(({ number }) => 1000 * number),
    );
  });

  it('has a slice from the step that takes mmu_lock to the one that drops it', () => {
    expect(sectionsOf(eventsOf(race), 1).filter((text) => text.startsWith('mmu_lock'))).toEqual([
      'mmu_lock 1..2',
      'mmu_lock 10..15',
    ]);
    expect(sectionsOf(eventsOf(race), 2)).toEqual([
      'outside the guest 0..20',
      'mmu_lock 8..9',
      'mmu_lock 16..20',
    ]);
  });

  it('has an arrow from an owed flush to the flush', () => {
    expect(arrowsOf(eventsOf(batch))).toEqual([
      'owed flush: protect pfn 0x1 36 -> 37',
      'owed flush: protect pfn 0x2 36 -> 37',
    ]);
  });

  it('has no arrow where the flush is missing', () => {
    expect(arrowsOf(eventsOf(race))).toEqual([]);
    expect(runEnding(race).activities?.at(-1)?.owed).toEqual(['protect pfn 0x1']);
  });

  it('shows the notifier as an actor that takes mmu_lock', () => {
    const run = runEnding('notifier-without-flush');
    const mm = run.steps.findIndex(({ action }) => action.actor === 'mm');
    expect(run.activities?.[mm + 1]?.sections['mm']).toContain('MMU notifier invalidation');
    expect(perfettoText(run)).toContain('"name":"MMU notifier invalidation"');
  });

  it('shows a change of memory slots as work of the ioctl, which takes mmu_lock', () => {
    const run = runEnding('shadow-memslot-delete--zap-all-keeps-users-on-the-root');
    const sections = run.activities?.map((activity) => activity.sections['ioctl'] ?? []) ?? [];
    expect(sections).toContainEqual(['memory slot change', 'mmu_lock']);
    for (const [i, held] of sections.entries()) {
      const others = Object.entries(run.activities?.[i]?.sections ?? {}).filter(
        ([actor, names]) => actor !== 'ioctl' && names.includes('mmu_lock'),
      );
      expect([i, held.includes('mmu_lock') ? others : []]).toEqual([i, []]);
    }
  });

  it('has curves of what there is, and the violation', () => {
    const events = eventsOf(batch);
    const pages = events.filter((event) => event.ph === 'C' && event.name === 'shadow pages');
    expect(pages).toHaveLength(44);
    expect(pages.at(-1)).toMatchObject({ ts: 43_000, args: { 'shadow pages': 3 } });
    const names = new Set(events.flatMap((event) => (event.ph === 'C' ? [event.name] : [])));
    expect([...names]).not.toContain('cache objects');
    expect(events.at(-1)).toMatchObject({
      ph: 'i',
      s: 'g',
      name: 'VIOLATION shadowed-gfn-has-no-writable-spte',
      ts: 43_900,
    });
  });

  it('has curves of what is counted in some scenarios alone', () => {
    const last = (ending: string, name: string) =>
      eventsOf(ending).findLast((event) => event.ph === 'C' && event.name === name);
    expect(last('split-below-reserve', 'n_used_mmu_pages')).toMatchObject({
      args: { n_used_mmu_pages: 3 },
    });
    expect(last('split-caches-underfilled', 'cache objects')).toBeDefined();
  });

  it('works for any machine, with any text', () => {
    expect(sectionsOf(traceEvents(perfettoText(toyRun())), 1)).toEqual([]);
    traceEvents(perfettoText(hostileRun(runEnding(batch))));
  });
});

describe('the rules that judge it', () => {
  const trace = (...events: readonly object[]) =>
    JSON.stringify({
      displayTimeUnit: 'ms',
      otherData: {},
      traceEvents: [
        { name: 'thread_name', ph: 'M', pid: 1, tid: 1, args: { name: 'vcpu0' } },
        ...events,
      ],
    });
  const slice = (ts: number, dur: number) => ({
    name: 'a',
    cat: 'b',
    ph: 'X',
    ts,
    dur,
    pid: 1,
    tid: 1,
  });
  const end = (ph: string, ts: number) => ({
    name: 'a',
    cat: 'b',
    ph,
    ts,
    pid: 1,
    tid: 1,
    id: 1,
    bp: 'e',
  });

  it('refuse slices that overlap and arrows without two ends', () => {
    expect(traceEvents(trace(slice(0, 10), slice(2, 3)))).toHaveLength(3);
    expect(() => traceEvents(trace(slice(0, 10), slice(5, 10)))).toThrow('overlap');
    expect(() => traceEvents(trace(slice(0, 10), end('s', 5)))).toThrow('no pair');
    expect(() => traceEvents(trace(slice(0, 10), end('s', 5), end('f', 50)))).toThrow(
      'in no slice',
    );
  });
});
