/** Whether the thread that splits huge pages holds mmu_lock. */
import type { Kvm } from '../state.ts';

export const isSplitting = (kvm: Kvm): boolean => {
  const { pc } = kvm.split;
  return pc !== 'idle' && pc !== 'start' && pc !== 'topup';
};
