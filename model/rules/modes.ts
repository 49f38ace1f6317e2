/** Decisions about the mode of a vCPU: roots, roles, and MMUs without guest tables. */
import { rule } from './rule.ts';

export const modeRules = {
  role_direct: rule(
    ['in-role', 'ignored'],
    'Whether the role of a root tells a vCPU without paging apart.',
    ['kvm_calc_cpu_role()', 'kvm_mmu_page_role'],
  ),
  direct_gfn: rule(
    ['first-of-run', 'faulting'],
    'Which gfn a direct page is given: that of its first entry, or that of the fault.',
    ['direct_map()', 'FNAME(fetch)', 'gfn_round_for_level()'],
  ),
} as const;
