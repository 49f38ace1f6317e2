/**
 * Walking the shadow page table without mmu_lock.
 *
 * Kernel: walk_shadow_page_lockless_begin(), walk_shadow_page_lockless_end(),
 * shadow_page_table_clear_flood().
 *
 * The walker says that it reads; whoever frees a page flushes before, and the flush waits for
 * walkers. Cuts: each table, where a scenario has `lockless_walks`; elsewhere the walk is one step.
 * What it reads can be out of date in the next step, which only says that another page is in use.
 */
import type { Kvm } from '../state.ts';
import type { ModelTransition } from '../transition.ts';
import { tableIndex, rootLevel } from '../geometry.ts';
import { isTableSpte, spte_to_child_sp } from '../spte.ts';
import { isBefore } from './lock.ts';

/** Marks the page as in use and returns the table that it leads to, if any. */
const clearFlood = (kvm: Kvm, v: number, sp: number): number | null => {
  const page = kvm.sp.at(sp);
  page.write_flooding_count = 0;
  const level = Math.max(1, page.role.level);
  const spte = page.spt.get(tableIndex(kvm.geometry, kvm.vcpu.at(v).insn.va, level));
  return isTableSpte(spte) ? spte_to_child_sp(spte) : null;
};

/** Pages on the way to the address are in use: writes to their tables start to count anew. */
export const shadow_page_table_clear_flood = (kvm: Kvm, v: number): void => {
  const vcpu = kvm.vcpu.at(v);
  if (kvm.lockless_walks && vcpu.root !== null) {
    vcpu.reading = vcpu.root;
    vcpu.pc = 'clear_flood';
    return;
  }
  let sp = vcpu.root;
  for (let level = rootLevel(kvm.geometry); level > 0 && sp !== null; level -= 1) {
    sp = clearFlood(kvm, v, sp);
  }
  vcpu.pc = 'emulate_write';
};

const clear_flood: ModelTransition = {
  name: 'shadow_page_table_clear_flood',
  says: 'Without mmu_lock, mark the page reached as in use and go on to the table below it.',
  source: ['shadow_page_table_clear_flood()', 'walk_shadow_page_lockless_begin()'],
  over: ['v'],
  at: 'clear_flood',
  needs: ({ lockless_walks }) => lockless_walks,
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'clear_flood')) return false;
    const vcpu = kvm.vcpu.at(v);
    vcpu.reading = vcpu.reading === null ? null : clearFlood(kvm, v, vcpu.reading);
    if (vcpu.reading === null) vcpu.pc = 'emulate_write';
    return true;
  },
};

export const locklessTransitions: readonly ModelTransition[] = [clear_flood];
