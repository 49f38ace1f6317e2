import { describe, expect, it } from 'vitest';
import { parseLine, parseLost, parseOverwritten } from '../../../src/trace/read/line.ts';
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
