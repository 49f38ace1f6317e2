/**
 * The roots that a vCPU holds: caching them by CR3 and role, and giving them back.
 *
 * Kernel: kvm_mmu_new_pgd(), kvm_mmu_free_roots(), mmu_free_root_page(), kvm_mmu_reset_context().
 * Lock: mmu_lock for write, where a root is given back.
 */
import { assertModel } from '../../src/engine/machine/index.ts';
import type { Kvm } from '../state.ts';
import { rootRole, roleWord } from './mmu-page.ts';
import { vcpu_clear_mmio_info } from './mmio-info.ts';
import { kvm_mmu_commit_zap_page, kvm_mmu_prepare_zap_page } from './zap.ts';

/** mmu_free_root_page(): an invalid root that nobody holds any more is zapped for good. */
export const mmu_free_root_page = (kvm: Kvm, sp: number): void => {
  const page = kvm.sp.at(sp);
  assertModel(page.root_count > 0, 'a root that is given back was counted');
  page.root_count -= 1;
  if (page.root_count === 0 && page.role.invalid) kvm_mmu_prepare_zap_page(kvm, sp);
};

/** Whether MOV CR3 to `cr3` pushes a root out of the cache, which takes mmu_lock. */
export const switchGivesRootBack = (kvm: Kvm, v: number, cr3: number): boolean => {
  const { root, prev_root } = kvm.vcpu.at(v);
  if (isRootUsable(kvm, v, root, cr3)) return false;
  for (let i = 0; i < prev_root.length; i += 1) {
    const cached = prev_root.at(i);
    if (cached.cr3 === cr3 && isRootUsable(kvm, v, cached.sp, cr3)) return false;
  }
  const oldest = prev_root.length === 0 ? root : prev_root.at(prev_root.length - 1).sp;
  return oldest !== null;
};

/**
 * fast_pgd_switch(): rotate through the cached roots until one fits CR3 and role. The one pushed
 * out at the end is given back. Takes mmu_lock only for that.
 */
export const kvm_mmu_new_pgd = (kvm: Kvm, v: number): void => {
  const vcpu = kvm.vcpu.at(v);
  let hit = isRootUsable(kvm, v, vcpu.root, vcpu.cr3);
  for (let i = 0; i < vcpu.prev_root.length && !hit; i += 1) hit = swapRoot(kvm, v, i);
  if (hit) vcpu_clear_mmio_info(vcpu);
  if (hit && vcpu.root !== null) kvm.sp.at(vcpu.root).write_flooding_count = 0;
  else if (kvm.rules.cr3_root_count === 'paired') freeRoot(kvm, v);
  else vcpu.root = null;
};

/** Whether a cached root serves `cr3` in the role that the vCPU needs now. */
const isRootUsable = (kvm: Kvm, v: number, sp: number | null, cr3: number): boolean => {
  if (sp === null) return false;
  const page = kvm.sp.at(sp);
  if (page.role.invalid || page.gfn !== (kvm.geometry.cr3[cr3] ?? 0)) return false;
  return roleWord(page.role) === rootRole(kvm, v);
};

/** Swaps the current root with a cached one; returns whether the new current one fits. */
const swapRoot = (kvm: Kvm, v: number, i: number): boolean => {
  const vcpu = kvm.vcpu.at(v);
  const cached = vcpu.prev_root.at(i);
  const { sp } = cached;
  cached.sp = vcpu.root;
  cached.cr3 = vcpu.root === null ? 0 : cr3OfRoot(kvm, vcpu.root);
  vcpu.root = sp;
  return isRootUsable(kvm, v, sp, vcpu.cr3);
};

/** root.pgd of the root that the vCPU held until now. */
const cr3OfRoot = (kvm: Kvm, sp: number): number =>
  Math.max(0, kvm.geometry.cr3.indexOf(kvm.sp.at(sp).gfn));

/** kvm_mmu_free_roots(KVM_MMU_ROOT_CURRENT) */
const freeRoot = (kvm: Kvm, v: number): void => {
  const vcpu = kvm.vcpu.at(v);
  if (vcpu.root !== null) {
    mmu_free_root_page(kvm, vcpu.root);
    kvm_mmu_commit_zap_page(kvm);
  }
  vcpu.root = null;
};

/** kvm_mmu_reset_context(): all roots of the vCPU are given back, since the role changed. */
export const kvm_mmu_reset_context = (kvm: Kvm, v: number): void => {
  freeRoot(kvm, v);
  freePrevRoots(kvm, v, () => true);
};

/** kvm_mmu_free_roots(KVM_MMU_ROOT_PREVIOUS()): cached roots, by their value of CR3 or number. */
export const freePrevRoots = (
  kvm: Kvm,
  v: number,
  test: (cr3: number, number: number) => boolean,
): void => {
  const { prev_root } = kvm.vcpu.at(v);
  for (let i = 0; i < prev_root.length; i += 1) {
    const cached = prev_root.at(i);
    if (!test(cached.cr3, i)) continue;
    if (cached.sp !== null) {
      mmu_free_root_page(kvm, cached.sp);
      kvm_mmu_commit_zap_page(kvm);
    }
    cached.sp = null;
    cached.cr3 = 0;
  }
};
