import { describe, expect, it } from 'vitest';
import { storedStory } from '../support/stored.ts';

const textsOf = (part: string) => storedStory(part).story.objects.map(({ text }) => text);

describe('shadowObjects', () => {
  it('shows both walks of an address, and what they pass', () => {
    expect(textsOf('shadow-link-unsync-table--lookup-uses-stale-page')).toEqual([
      'shadow walk vcpu0 va 0x3: sp0[1] sp1, sp1[1] pfn 0x3 wux mmu-writable',
      'guest walk vcpu0 va 0x3: gfn 0x0[1] gfn 0x1 wux, gfn 0x1[1] gfn 0x4 wux',
      'sp0 l2 gfn 0x0 access wux sync root_count 1 unsync_children 2 {0,1}: [0] sp1, [1] sp1',
      'sp1 l1 gfn 0x1 access wux unsync: [0] pfn 0x3 wux mmu-writable gfn 0x3, ' +
        '[1] pfn 0x3 wux mmu-writable gfn 0x3',
      'guest gfn 0x0 gfn_write_track 1: [0] gfn 0x1 wux, [1] gfn 0x1 wux',
      'guest gfn 0x1: [0] gfn 0x3 wux, [1] gfn 0x4 wux',
    ]);
  });

  it('shows a page with the guest table behind it', () => {
    expect(textsOf('shadow-fault-race--fault-skips-gpte-recheck')).toEqual([
      'sp2 l1 gfn 0x1 access wux sync: [0] pfn 0x3 wux mmu-writable gfn 0x3, [1] -',
      'guest gfn 0x1: [0] gfn 0x4 wux, [1] -',
      'rmap gfn 0x1: sp1[0]',
    ]);
  });

  it('shows a page that was freed, and a TLB entry', () => {
    expect(textsOf('shadow-table-becomes-root--free-before-flush')).toContain('sp1 freed');
    expect(textsOf('shadow-unsync-remap--flush-reaches-the-caller-only')).toContain(
      'vcpu0 tlb[0]: va 0x1 pfn 0x1 wux',
    );
  });

  it('marks the steps that changed one of the objects', () => {
    const { story, transition } = storedStory('fault-skips-gpte-recheck');
    expect(story.concerned.map((n) => [n, transition(n)])).toContainEqual([21, 'guestStore']);
  });
});
