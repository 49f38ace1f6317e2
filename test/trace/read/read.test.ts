import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../../src/checker/fault.ts';
import { linesOf, lineLimit_bytes, type InputLine } from '../../../src/trace/read/input.ts';
import { familyOf } from '../../../src/trace/read/kernel.ts';
import { parseLine, parseLost, parseOverwritten } from '../../../src/trace/read/line.ts';
import { readers, spteAddress } from '../../../src/trace/read/payload.ts';
import { linesAround, RecentLines } from '../../../src/trace/read/pick.ts';
import { TraceReader } from '../../../src/trace/read/reader.ts';
import { isAccessWithin, parseDescriptor, parseRole } from '../../../src/trace/read/role.ts';
import { baseOf, parseSpte, spteFormat, spteText } from '../../../src/trace/read/spte.ts';
import { spte_to_pfn, takesAway } from '../../../src/trace/read/spte.ts';

describe('parseLine', () => {
  it('reads what tracefs prints, whatever the command is called', () => {
    const line = parseLine('  kvm-nx-lpage-re-661  [000] d..1.    11.910179: kvm_entry: vcpu 0', 7);
    expect(line).toMatchObject({ number: 7, comm: 'kvm-nx-lpage-re', thread: 661, cpu: 0 });
    expect(line).toMatchObject({ flags: 'd..1.', time: 11.910179, event: 'kvm_entry' });
    expect(parseLine(' a b-2 c-9   [001] ....  1.5: x: y z ', 1)).toMatchObject({
      comm: 'a b-2 c',
      thread: 9,
      text: 'y z',
    });
  });

  it('reads thread groups, counter clocks and what trace-cmd prints', () => {
    expect(parseLine('vmm-695 ( 690) [001] ..... 17: kvm_exit: r', 1)).toMatchObject({ time: 17 });
    expect(parseLine('vmm-687   [000]     7.281932: print:      ip=f buf=t', 1)).toMatchObject({
      flags: undefined,
      event: 'print',
      text: 'ip=f buf=t',
    });
  });

  it('reads marks of lost and of overwritten events', () => {
    expect(parseLost('CPU:1 [LOST 12 EVENTS]')).toEqual({ cpu: 1, count: 12 });
    expect(parseLost('CPU:0 [LOST EVENTS]')).toEqual({ cpu: 0, count: undefined });
    expect(parseLost('CPU:0 [3 EVENTS DROPPED]')).toEqual({ cpu: 0, count: 3 });
    expect(parseLost('vmm-1 [000] 1.0: a: b')).toBeUndefined();
    expect(parseOverwritten('# entries-in-buffer/entries-written: 5/9   #P:2')).toBe(4);
  });
});

describe('parseRole', () => {
  it('knows the word of each kernel', () => {
    expect(parseRole(0x3701, '6.x')).toMatchObject({ level: 1, direct: false, access: 'wux' });
    expect(parseRole(0x23781, '6.x')).toMatchObject({ direct: true, guestMode: true });
    expect(parseRole(0x3313, '5.10')).toMatchObject({ level: 3, fourByte: false, access: 'w-x' });
    expect(parseRole(0x6b03, '7.x')).toMatchObject({ level: 3, access: 'rw-x', invalid: false });
    expect(parseRole(0x1701, '7.x')).toMatchObject({ access: 'rwu-', invalid: true });
    expect(parseRole(0x43704, '6.x').passthrough).toBe(true);
  });

  it('compares rights letter by letter', () => {
    expect(isAccessWithin('-u-', 'wux')).toBe(true);
    expect(isAccessWithin('wu-', '-ux')).toBe(false);
  });
});

describe('parseDescriptor', () => {
  it('reads the print of the kernel, of the plugin and of raw reports', () => {
    const kernel = 'sp gen 1 gfn 102 l1 8-byte q0 direct wux invalid !nxe ad root 2 unsync new\0';
    expect(parseDescriptor(kernel, '6.x')).toMatchObject({
      created: true,
      sp: { gen: 1, gfn: 0x102, level: 1, direct: true, invalid: true, root: 2, unsync: true },
    });
    const plugin = 'new sp gfn 50 1 q0 w-x !pae nxe wp root 0 sync';
    expect(parseDescriptor(plugin, '6.x')).toMatchObject({ created: true, sp: { gfn: 0x50 } });
    const raw = 'mmu_valid_gen=0 gfn=80 role=13057 root_count=0 unsync=0 created=1';
    expect(parseDescriptor(raw, '6.x')?.sp).toMatchObject({ gfn: 0x50, level: 1, access: 'w-x' });
    expect(parseDescriptor('sp gen 1 gfn', '6.x')).toBeUndefined();
  });

  it('gives pages that print alike one key, whatever their state', () => {
    const key = (text: string) => parseDescriptor(text, '7.x')?.sp.key;
    const text = 'sp gen 0 gfn 5 l4 8-byte q0 rwux nxe ad root 0 sync';
    expect(key(text.replace('root 0 sync', 'root 1 unsync'))).toBe(key(text));
    expect(key(text.replace('rwux', 'rwux invalid'))).toBe(key(text));
    expect(key(text.replace('l4', 'l3'))).not.toBe(key(text));
  });
});

describe('spteFormat', () => {
  it('keeps all 64 bits', () => {
    expect(spteText(parseSpte('8000000145800ee7'))).toBe('8000000145800ee7');
    expect(spte_to_pfn(parseSpte('8000000145800ee7'))).toBe(0x145800);
    expect(spteText(parseSpte('0'))).toBe('0');
    expect(spteText({ hi: 1, lo: 2 })).toBe('100000002');
  });

  it('knows software bits by kernel', () => {
    const six = spteFormat('6.x', 'x86');
    const five = spteFormat('5.10', 'x86');
    const leaf = parseSpte('147ca5e63');
    expect(six.is_shadow_present_pte(leaf) && six.is_mmu_writable_spte(leaf)).toBe(true);
    expect(six.isHostWritable(leaf)).toBe(true);
    expect(six.is_shadow_present_pte(parseSpte('8000000000000000'))).toBe(false);
    expect(six.is_frozen_spte(parseSpte('80000000000005a0'))).toBe(true);
    expect(spteFormat('7.x', 'x86').is_frozen_spte(parseSpte('80000000000001a0'))).toBe(true);
    // With bit 0 set, and not present.
    expect(six.is_mmio_spte(parseSpte('8000040000047'))).toBe(true);
    expect(six.is_shadow_present_pte(parseSpte('8000040000047'))).toBe(false);
    expect(five.is_mmio_spte(parseSpte('38000040000047'))).toBe(true);
    expect(five.is_shadow_present_pte(parseSpte('20000147000ce5'))).toBe(true);
    const ept = spteFormat('6.x', 'ept');
    expect(ept.is_executable_pte(parseSpte('4'))).toBe(true);
    expect(ept.is_mmu_writable_spte(parseSpte('400000000000000'))).toBe(true);
  });

  it('tells what takes rights away', () => {
    const format = spteFormat('6.x', 'x86');
    const [rw, ro, none] = ['77e67', '77865', '8000000000000000'].map(parseSpte);
    if (rw === undefined || ro === undefined || none === undefined) throw new Error('no words');
    expect(takesAway(format, rw, ro) && takesAway(format, ro, none)).toBe(true);
    expect(takesAway(format, ro, rw) || takesAway(format, none, rw)).toBe(false);
    expect(baseOf(0x40203, 2)).toBe(0x40200);
  });
});

describe('readers', () => {
  const read = (event: string, text: string) => readers.get(event)?.({ text, family: '6.x' });

  it('read the forms of tracefs and of raw reports alike', () => {
    const text = 'gfn 10 spte 56dfa21 (r-x-) level 1 at 4e3a080';
    const raw = 'gfn=10 spte=56dfa21 sptep=4e3a080 level=1 r=1 x=1 u=0';
    expect(read('kvm_mmu_set_spte', raw)).toEqual(read('kvm_mmu_set_spte', text));
    const changed = 'as id 1 gfn 40003 level 1 old_spte 149ebde67 new_spte 8000000000000000';
    const rawChanged = 'gfn=40003 old_spte=149ebde67 new_spte=8000000000000000 level=1 as_id=1';
    const name = 'kvm_tdp_mmu_spte_changed';
    expect(read(name, changed)).toMatchObject({ asId: 1, gfn: 0x40003 });
    expect(read(name, rawChanged)).toEqual(read(name, changed));
  });

  /** What the kernel prints, and what `trace-cmd report -R` makes of the same record. */
  const twoForms: readonly (readonly [event: string, text: string, raw: string])[] = [
    [
      'kvm_mmu_get_page',
      'sp gen 0 gfn 102 l4 8-byte q0 wux nxe ad root 0 sync new',
      'mmu_valid_gen=0 gfn=258 role=14084 root_count=0 unsync=0 created=1',
    ],
    [
      'kvm_mmu_unsync_page',
      'sp gen 0 gfn 102 l1 8-byte q0 wux nxe ad root 0 sync',
      'mmu_valid_gen=0 gfn=258 role=14081 root_count=0 unsync=0',
    ],
    [
      'kvm_mmu_sync_page',
      'sp gen 0 gfn 102 l1 8-byte q0 wux nxe ad root 0 unsync',
      'mmu_valid_gen=0 gfn=258 role=14081 root_count=0 unsync=1',
    ],
    [
      'kvm_mmu_prepare_zap_page',
      'sp gen 1 gfn 52 l1 8-byte q0 wux nxe ad root 0 sync',
      'mmu_valid_gen=1 gfn=82 role=14081 root_count=0 unsync=0',
    ],
    [
      'kvm_mmu_zap_all_fast',
      'kvm-mmu-valid-gen 1 used_pages 1a',
      'mmu_valid_gen=1 mmu_used_pages=1a',
    ],
    ['kvm_mmu_spte_requested', 'gfn 10 pfn 56df level 1', 'gfn=10 pfn=56df level=1'],
    [
      'kvm_mmu_spte_requested',
      'gfn 10 pfn 56df level 2 access f',
      'gfn=10 pfn=56df level=2 access=f',
    ],
    [
      'kvm_mmu_split_huge_page',
      'gfn 40000 spte 145800ee7 level 2 errno -11',
      'gfn=40000 spte=145800ee7 level=2 errno=-11',
    ],
    [
      'fast_page_fault',
      'vcpu 0 gva 40203000 error_code P|W|U sptep 00000000e1 old 0x147000e65 ' +
        'new 147000e67 spurious 0 fixed 1',
      'vcpu_id=0 cr2_or_gpa=40203000 error_code=7 sptep=0xffff888144ec9008 ' +
        'old_spte=0x147000e65 new_spte=147000e67 ret=5',
    ],
    [
      'fast_page_fault',
      'vcpu 1 gva 0 error_code W sptep 00000000e1 old 0 new 0 spurious 0 fixed 0',
      'vcpu_id=1 cr2_or_gpa=0 error_code=2 sptep=0x0 old_spte=0 new_spte=0 ret=4',
    ],
    [
      'mark_mmio_spte',
      'sptep:00000000e1 gfn fee00 access 7 gen 2',
      'sptep=0xffff888144ec9008 gfn=fee00 access=7 gen=2',
    ],
    [
      'handle_mmio_page_fault',
      'addr:fee00300 gfn fee00 access 7',
      'addr=fee00300 gfn=fee00 access=7',
    ],
    ['kvm_entry', 'vcpu 1, rip 0x10000', 'vcpu_id=1 rip=0x10000 immediate_exit=0'],
    [
      'drop_spte',
      '(drop_spte+0x0/0x190 [kvm]) sptep=0xffff888145127830 spte=0x147055e67',
      '__probe_ip=ffffffffc0511230 sptep=ffff888145127830 spte=147055e67',
    ],
    [
      'spte_update',
      '(mmu_spte_update+0x0/0x1a0 [kvm]) sptep=0xffff888145127810 old=0x1475e63 new=0x1475a61',
      '__probe_ip=ffffffffc0511230 sptep=0xffff888145127810 old=0x1475e63 new=0x1475a61',
    ],
    [
      'link_sp',
      '(__link_shadow_page+0x4/0x210 [kvm]) sptep=0xffff888145127810 childgfn=0x102 ' +
        'role=0x3701 spt=0xffff888145128000',
      '__probe_ip=ffffffffc0511230 sptep=ffff888145127810 childgfn=102 role=3701 ' +
        'spt=ffff888145128000',
    ],
    [
      'write_protect_gfn',
      '(kvm_mmu_slot_gfn_write_protect+0x4/0xd0 [kvm]) gfn=0x102 minlevel=0x1',
      '__probe_ip=ffffffffc0511230 gfn=102 minlevel=1',
    ],
    [
      'write_protect_gfn_ret',
      '(mmu_sync_children+0x12e/0x440 [kvm] <- kvm_mmu_slot_gfn_write_protect) ret=1',
      '__probe_func=ffffffffc0511230 __probe_ret_ip=ffffffffc0511259 ret=1',
    ],
    [
      'unmap_gfn_range',
      '(kvm_unmap_gfn_range+0x4/0x110 [kvm]) start=0x40000 end=0x40200',
      '__probe_ip=ffffffffc0511230 start=40000 end=40200',
    ],
    [
      'unmap_gfn_range_ret',
      '(kvm_mmu_unmap_gfn_range+0x4/0x11 [kvm] <- kvm_unmap_gfn_range) flush=1',
      '__probe_func=ffffffffc0511230 __probe_ret_ip=ffffffffc0511259 flush=1',
    ],
    [
      'change_mmu_pages',
      '(kvm_mmu_change_mmu_pages+0x4/0x60 [kvm]) goal=64',
      '__probe_ip=ffffffffc0511230 goal=64',
    ],
  ];

  /** Raw reports name a page by its role word, the others by its print. */
  const comparable = (event: unknown) =>
    JSON.parse(JSON.stringify(event), (key, value: unknown) =>
      key === 'key' || key === 'role' ? undefined : value,
    ) as unknown;

  it.each(twoForms)('read %s as the kernel and as a raw report print it', (name, text, raw) => {
    const event = read(name, text);
    expect(event).toBeDefined();
    if (name === 'link_sp') expect(read(name, raw)).toEqual(event);
    else expect(comparable(read(name, raw))).toEqual(comparable(event));
  });

  it('know the outcome of a lockless fix by its number', () => {
    const outcome = (family: '5.10' | '6.x' | '7.x', ret: number, now: string) => {
      const text =
        'vcpu_id=0 cr2_or_gpa=40203000 error_code=7 sptep=0x1 ' +
        `old_spte=0x147000e65 new_spte=${now} ret=${ret}`;
      return readers.get('fast_page_fault')?.({ text, family });
    };
    expect(outcome('5.10', 3, '147000e67')).toMatchObject({ fixed: true });
    expect(outcome('5.10', 4, '147000e65')).toMatchObject({ fixed: false });
    expect(outcome('6.x', 4, '147000e67')).toMatchObject({ fixed: true });
    expect(outcome('6.x', 5, '147000e65')).toMatchObject({ fixed: false });
    expect(outcome('7.x', 5, '147000e67')).toMatchObject({ fixed: true });
    expect(outcome('7.x', 6, '147000e65')).toMatchObject({ fixed: false });
  });

  it.each([
    ['tracefs', '   vmm-7   [000] d..1.   1.000001: ', 'text'],
    ['tracefs with thread groups', '   vmm-7   (   5) [000] d..1.   1.000001: ', 'text'],
    ['trace-cmd report', '   vmm-7   [000]   1.000001: ', 'text'],
    ['trace-cmd report -R', '   vmm-7   [000]   1.000001: ', 'raw'],
  ] as const)('are reached from lines of %s', (_, head, form) => {
    for (const [name, text, raw] of twoForms) {
      const reader = new TraceReader('6.12');
      const line = `${head}${name}:  ${form === 'raw' ? raw : text}`;
      expect(reader.read({ number: 1, text: line, complete: true })).toMatchObject({
        kind: 'event',
        event: { kind: name },
      });
      expect(reader.malformedCount).toBe(0);
    }
  });

  it('put virtual addresses of both host modes into physical ones', () => {
    expect(spteAddress('ffff8881451ea080')).toBe(0x1451ea080);
    expect(spteAddress('ff11000141fd6088')).toBe(0x141fd6088);
  });

  it('refuse what is cut off', () => {
    expect(read('kvm_mmu_set_spte', 'gfn 10 spte 56dfa21 (r-x-) level 1 a')).toBeUndefined();
    expect(read('kvm_mmu_get_page', 'sp gen 0 gfn 2 l4 8-byte q0 wux nxe ad root')).toBeUndefined();
  });
});

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
