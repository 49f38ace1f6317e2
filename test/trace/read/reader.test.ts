import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/checker/fault.ts';
import { linesOf, type InputLine, lineLimit_bytes } from '../../../src/trace/read/input.ts';
import { familyOf } from '../../../src/trace/read/kernel.ts';
import { spteAddress } from '../../../src/trace/read/payload.ts';
import { linesAround, RecentLines } from '../../../src/trace/read/pick.ts';
import { TraceReader } from '../../../src/trace/read/reader.ts';

async function collect(chunks: readonly Uint8Array[]): Promise<InputLine[]> {
  async function* bytes() {
    yield* chunks;
  }
  const lines: InputLine[] = [];
  for await (const batch of linesOf('t', bytes())) lines.push(...batch);
  return lines;
}

describe('linesOf', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('joins lines over chunks, of one byte if need be', async () => {
    const chunks = [...bytes('ab\nc\n\nd')].map((byte) => new Uint8Array([byte]));
    const lines = await collect(chunks);
    expect(lines.map(({ text }) => text)).toEqual(['ab', 'c', '', 'd']);
    expect(lines.map(({ complete }) => complete)).toEqual([true, true, true, false]);
  });

  it('unpacks gzip, in one member or more', async () => {
    const lines = await collect([gzipSync('a\nb\n'), gzipSync('c\n')]);
    expect(lines.map(({ text, number }) => `${number}${text}`)).toEqual(['1a', '2b', '3c']);
  });

  it('bounds the length of a line', async () => {
    const [line, next] = await collect([bytes(`${'x'.repeat(3 * lineLimit_bytes)}\ny\n`)]);
    expect(line?.text).toHaveLength(lineLimit_bytes);
    expect(line?.complete).toBe(false);
    expect(next?.text).toBe('y');
  });

  it('says how far damaged data could be read', async () => {
    const packed = gzipSync(Array.from({ length: 5000 }, (_, i) => `line ${i}`).join('\n'));
    const cut = collect([packed.subarray(0, packed.length - 20)]);
    await expect(cut).rejects.toThrow(/t: compressed data is damaged after line \d+/);
    await expect(cut).rejects.toBeInstanceOf(Fault);
  });
});

describe('TraceReader', () => {
  const feed = (lines: readonly string[], release?: string) => {
    const reader = new TraceReader(release);
    const readings = lines.map((text, i) => reader.read({ number: i + 1, text, complete: true }));
    return { reader, readings };
  };
  const head = 'vmm-1 [000] d..1. 1.000001: ';

  it('infers the kernel from the print, and believes markers more', () => {
    const old = feed(['vmm-1 [000] d... 1.0: kvm_entry: vcpu 0, rip 0x1']).reader.kernel;
    expect(old).toMatchObject({ family: '5.10', source: 'format' });
    const get = `${head}kvm_mmu_get_page: sp gen 0 gfn 2 l4 8-byte q0 rwux nxe ad root 0 sync new`;
    expect(feed([get]).reader.kernel).toMatchObject({ family: '7.x', source: 'format' });
    const marker = `${head}tracing_mark_write: ktl host: linux 6.1.0-56-amd64 npt=N`;
    expect(feed([marker]).reader.kernel).toMatchObject({ family: '6.x', source: 'marker' });
    expect(feed([marker], '7.2').reader.kernel).toMatchObject({ family: '7.x', source: 'flag' });
    expect(feed(['vmm-1 [000] 1.0: kvm_entry: vcpu 0']).reader.kernel.source).toBe('assumed');
    const exit = `${head}kvm_exit: vcpu 0 reason EPT_VIOLATION rip 0x1 info1 0x2`;
    expect(feed([exit]).reader.kernel.format).toBe('ept');
    const leaf = `${head}kvm_mmu_set_spte: gfn 10 spte 600000012345b77 (rwx) level 1 at 1080`;
    expect(feed([leaf]).reader.kernel.format).toBe('ept');
    expect([familyOf('5.15.1'), familyOf('6.18'), familyOf('x')]).toEqual([
      '5.10',
      '6.x',
      undefined,
    ]);
  });

  it('reports malformed lines of known events, counts unknown ones, and goes on', () => {
    const { reader, readings } = feed([
      '# tracer: nop',
      `${head}kvm_mmu_get_page: sp gen 0 gfn`,
      `${head}kvm_fpu: load`,
      `${head}kvm_mmu_uns`,
      'garbage',
      `${head}kvm_entry: vcpu 0, rip 0x1`,
    ]);
    expect(reader.malformed).toMatchObject([
      { line: 2, event: 'kvm_mmu_get_page', why: 'malformed' },
      { line: 4, why: 'cut off' },
    ]);
    expect(reader.counts.get('kvm_fpu')).toBe(1);
    expect(reader.otherLines).toBe(1);
    expect(readings[5]).toMatchObject({ kind: 'event', event: { kind: 'kvm_entry' } });
  });

  it('notices lost events, and lines of one CPU that go back in time', () => {
    const { readings } = feed([
      `${head}kvm_entry: vcpu 0, rip 0x1`,
      'CPU:0 [LOST 7 EVENTS]',
      'vmm-1 [000] d..1. 1.000000: kvm_entry: vcpu 0, rip 0x1',
      'vmm-1 [001] d..1. 0.900000: kvm_entry: vcpu 0, rip 0x1',
    ]);
    expect(readings[1]).toMatchObject({ kind: 'gap', gap: { kind: 'lost', since: 2 } });
    expect(readings[2]).toMatchObject({ kind: 'gap', gap: { kind: 'unreadable' } });
    expect(readings[3]).toMatchObject({ kind: 'event' });
  });

  it('learns where a randomised direct map begins', () => {
    const { readings } = feed([
      `${head}spte_update: (f+0x0/0x1 [kvm]) sptep=0xffff9c5dc0001080 old=0x0 new=0x77e67`,
      `${head}kvm_mmu_set_spte: gfn 10 spte 77e67 (rwxu) level 1 at 1080`,
    ]);
    const [update, set] = readings.map((one) => (one?.kind === 'event' ? one.event : undefined));
    expect(update).toMatchObject({ kind: 'spte_update' });
    expect(set).toMatchObject({ sptep: spteAddress('ffff9c5dc0001080') });
  });
});

describe('RecentLines', () => {
  it('keeps the last lines alone', () => {
    const recent = new RecentLines();
    for (let number = 1; number <= 40_000; number += 1) {
      recent.push({ number, text: `line ${number}`, complete: true });
    }
    const found = recent.pick(new Set([1, 39_999]));
    expect([...found]).toEqual([[39_999, 'line 39999']]);
    expect(linesAround([5, 1], 1)).toEqual([1, 2, 4, 5, 6]);
  });
});
