/**
 * Userspace creates, deletes and moves a memory slot, and changes the flags of another one.
 *
 * Kernel: kvm_set_memory_region(), kvm_invalidate_memslot(), kvm_swap_active_memslots(),
 * kvm_arch_flush_shadow_memslot(), kvm_mmu_invalidate_mmio_sptes(). Actor: `ioctl`.
 *
 * Cuts: publishing a new set of slots; the end of the wait for those who may still use the old
 * one, when the generation advances; zapping, see `zap-all.ts`.
 *
 * Abstracts: slots_arch_lock, and allocation of the slot's arrays. Dirty logging is in
 * `dirty-log.ts`.
 */
import type { Kvm } from '../state.ts';
import { never, type ModelTransition } from '../transition.ts';
import { mayRun } from '../shadow/lock.ts';
import { awaitReaders, isSlotsLockFree, isSrcuAwaited } from './srcu.ts';

/** Order: as the argument of the transition counts them. */
export const memslotChanges = ['create', 'delete', 'move', 'flags'] as const;

const needs: ModelTransition['needs'] = ({ geometry, workload }) =>
  geometry.memslot !== null && workload.budget.memslot > 0;

/** Whether a new set may be published: no invalidation of the MMU notifier is under way. */
export const maySwap = (kvm: Kvm): boolean => {
  const waits = kvm.rules.memslot_swap === 'waits-for-notifier';
  return (kvm.mmu_notifier.mn_active_invalidate_count === 0 || !waits) && mayRun(kvm, -1);
};

/** kvm_swap_active_memslots() up to the wait. */
const publish = (kvm: Kvm, state: 'absent' | 'present' | 'invalid'): void => {
  kvm.memslots.state = state;
  kvm.memslots.update_in_progress = true;
  kvm.memslots.pc = 'sync';
  if (kvm.rules.memslot_generation === 'at-publish') advanceGeneration(kvm);
  awaitReaders(kvm);
};

const advanceGeneration = (kvm: Kvm): void => {
  const { generations } = kvm.geometry.memslot ?? { generations: 1 };
  kvm.memslots.generation = (kvm.memslots.generation + 1) % generations;
};

const set_memory_region: ModelTransition = {
  name: 'kvm_set_memory_region',
  says:
    'Publish a new slot, or other flags of a slot that stays, or mark the slot invalid that is ' +
    'to be deleted or moved.',
  source: ['kvm_set_memory_region()', 'kvm_invalidate_memslot()', 'kvm_create_memslot()'],
  actor: 'ioctl',
  over: ['change'],
  needs,
  sure: never,
  step: (kvm, number) => {
    const { memslots, budget, geometry } = kvm;
    const change = memslotChanges[number] ?? 'create';
    if (!isSlotsLockFree(kvm) || budget.memslot === 0 || !maySwap(kvm)) return false;
    if (geometry.memslot?.changes.includes(change) !== true) return false;
    const isCreate = change === 'create';
    if (change !== 'flags' && isCreate !== (memslots.state === 'absent')) return false;
    budget.memslot -= 1;
    if (change === 'delete' || change === 'move') {
      memslots.change = change;
      publish(kvm, 'invalid');
    } else {
      publish(kvm, isCreate ? 'present' : memslots.state);
    }
    return true;
  },
};

/**
 * The end of kvm_swap_active_memslots(): store the new generation, and go on with what userspace
 * asked for.
 */
export const finishUpdate = (kvm: Kvm): void => {
  const { memslots, rules } = kvm;
  if (rules.memslot_generation === 'after-srcu') advanceGeneration(kvm);
  memslots.update_in_progress = false;
  if (memslots.state === 'invalid') {
    memslots.pc = rules.memslot_zap === 'zap-all' ? 'zap-all' : 'publish';
    return;
  }
  memslots.pc = 'idle';
  memslots.change = 'delete';
};

/** Whether the generation to come is one that MMIO SPTEs may hold since long ago. */
const isWrapping = (kvm: Kvm): boolean =>
  kvm.memslots.generation + 1 === kvm.geometry.memslot?.generations;

/** kvm_mmu_invalidate_mmio_sptes(): generations of the first address space alone are ever zero. */
const isWrapNoticed = ({ geometry, rules }: Kvm): boolean =>
  rules.mmio_wrap === 'zap-all' ||
  (rules.mmio_wrap === 'zero-only' && (geometry.memslot?.as_id ?? 0) === 0);

const swap_active_memslots: ModelTransition = {
  name: 'kvm_swap_active_memslots',
  says:
    'With nobody left who may use the old slots, advance their generation. When its number ' +
    'wraps, all shadow pages go before, and with them the MMIO SPTEs.',
  source: ['kvm_swap_active_memslots()', 'kvm_mmu_invalidate_mmio_sptes()', 'synchronize_srcu()'],
  actor: 'ioctl',
  over: [],
  needs,
  step: (kvm) => {
    const { memslots } = kvm;
    if (memslots.pc !== 'sync' || isSrcuAwaited(kvm)) return false;
    if (isWrapping(kvm) && isWrapNoticed(kvm)) memslots.pc = 'zap-all';
    else finishUpdate(kvm);
    return true;
  },
};

const activate_memslot: ModelTransition = {
  name: 'kvm_activate_memslot',
  says: 'Publish the slots without the one that was marked invalid, or with it at its new place.',
  source: ['kvm_delete_memslot()', 'kvm_move_memslot()', 'kvm_activate_memslot()'],
  actor: 'ioctl',
  over: [],
  needs,
  step: (kvm) => {
    const { memslots, geometry } = kvm;
    if (memslots.pc !== 'publish' || !maySwap(kvm)) return false;
    const move = memslots.change === 'move';
    if (move) memslots.base = (memslots.base + 1) % (geometry.memslot?.bases.length ?? 1);
    publish(kvm, move ? 'present' : 'absent');
    return true;
  },
};

export const memslotTransitions: readonly ModelTransition[] = [
  set_memory_region,
  swap_active_memslots,
  activate_memslot,
];
