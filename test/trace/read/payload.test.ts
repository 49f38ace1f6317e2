import { describe, expect, it } from 'vitest';
import { readers, spteAddress } from '../../../src/trace/read/payload.ts';
import { TraceReader } from '../../../src/trace/read/reader.ts';

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
