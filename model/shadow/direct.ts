/**
 * The fault of a vCPU that runs without paging: the address is the guest physical one.
 *
 * Kernel: direct_page_fault(), direct_map(), nonpaging_page_fault(). The same functions map for all
 * vCPUs with ept=Y tdp_mmu=N, where the guest's own tables are no affair of KVM.
 *
 * Cuts: those of the fault with guest tables, less the walk. The child is secured in
 * `kvm_mmu_get_child_sp`; nothing has to be read again before it is linked. The leaf is made as for
 * everybody, see `leaf.ts`.
 *
 * Abstracts: PAE roots. There is one root at the highest level, as for 64-bit hosts with EPT; KVM
 * shadows a guest without paging by four roots one level lower.
 */
import { isWrite } from '../access.ts';
import { hasDirectMmus } from '../geometry.ts';
import type { ModelTransition } from '../transition.ts';
import { linkOrDescend } from './fetch.ts';
import { startFastPageFault } from './fast-page-fault.ts';
import { lockPageFault } from './fault-lock.ts';
import { isBefore, isBeforeLocking } from './lock.ts';
import { spaceOf } from './mmu-page.ts';
import { kvm_gfn_is_write_tracked } from './unsync.ts';
import { kindOf, walkedGfn } from './walker.ts';

const needs: ModelTransition['needs'] = ({ geometry }) => hasDirectMmus(geometry);

const direct_page_fault: ModelTransition = {
  name: 'direct_page_fault',
  says:
    'Without guest tables the address names the frame: pass a write to a tracked one on to the ' +
    'emulator; else try the fast page fault, or look up the slot.',
  source: ['direct_page_fault()', 'page_fault_handle_page_track()'],
  over: ['v'],
  at: 'direct_page_fault',
  needs,
  step: (kvm, v) => {
    if (!isBefore(kvm, v, 'direct_page_fault')) return false;
    const vcpu = kvm.vcpu.at(v);
    const tracked = kvm_gfn_is_write_tracked(kvm, walkedGfn(kvm, vcpu), spaceOf(vcpu));
    if (tracked && vcpu.insn.present && isWrite(kindOf(vcpu))) vcpu.pc = 'emulate_write';
    else startFastPageFault(kvm, v);
    return true;
  },
};

const lock: ModelTransition = {
  name: 'direct_page_fault.lock',
  says:
    'Fill the memory caches, take mmu_lock and make room for pages; give up when the root was ' +
    'zapped or the frame may have changed, else start the walk over the shadow page table.',
  source: ['direct_page_fault()', 'is_page_fault_stale()', 'direct_map()'],
  over: ['v'],
  at: 'lock_page_fault',
  needs,
  step: (kvm, v) => {
    if (!kvm.vcpu.at(v).cr0_pg_clear || !isBeforeLocking(kvm, v, 'lock_page_fault')) return false;
    lockPageFault(kvm, v);
    return true;
  },
};

const direct_map: ModelTransition = {
  name: 'direct_map',
  says: 'Link the direct page just secured, or go down to the one that is linked.',
  source: ['direct_map()', '__link_shadow_page()'],
  over: ['v'],
  at: 'link_shadow_page',
  needs,
  step: (kvm, v) => {
    if (!kvm.vcpu.at(v).cr0_pg_clear || !isBefore(kvm, v, 'link_shadow_page')) return false;
    linkOrDescend(kvm, v);
    return true;
  },
};

export const directTransitions: readonly ModelTransition[] = [direct_page_fault, lock, direct_map];
