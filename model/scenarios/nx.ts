/** Scenarios of the NX huge page mitigation: huge pages that the guest may not execute from. */
import { gpte, NO_GPTE } from '../gpte.ts';
import { scenario, type Scenario } from '../scenario.ts';

const large = (gfn: number): number => gpte({ gfn, large: true });

/** Frames 2 and 3 are a huge page of the host. */
const oneHugePage = { gfns: 4, tables: 1, host_level: [1, 1, 2, 2] };

export const nxScenarios: readonly Scenario[] = [
  scenario({
    id: 'shadow-nx-split',
    says:
      'Two root entries map one huge page. Reads map it huge and not executable, fetches split ' +
      'it, and the recovery worker gives the huge page back meanwhile.',
    nx_huge_pages: 'force',
    geometry: { ...oneHugePage, shadow_pages: 4, kinds: ['ur', 'ux'] },
    initialMemory: [[large(2), large(2)]],
    addresses: [0, 1, 2],
    stores: [],
    budget: { fault: 4, nx_recover: 1 },
  }),
  scenario({
    id: 'shadow-nx-toggle',
    says:
      'The mitigation is switched on and off again while one vCPU faults and another one runs ' +
      'on an executable huge page.',
    nx_huge_pages: 'off',
    geometry: { ...oneHugePage, shadow_pages: 4, kinds: ['ur', 'ux'] },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    budget: { fault: 3, nx_toggle: 2 },
  }),
  scenario({
    id: 'shadow-nx-over-table',
    says:
      'A guest table lies in the huge page that the guest executes from: it is split for two ' +
      'reasons, and recovering it would give nothing back.',
    nx_huge_pages: 'force',
    geometry: {
      gfns: 4,
      tables: 4,
      shadow_pages: 5,
      host_level: [1, 1, 2, 2],
      kinds: ['ur', 'ux'],
      vcpus: 1,
    },
    initialMemory: [
      [gpte({ gfn: 3 }), large(2)],
      [NO_GPTE, NO_GPTE],
      [NO_GPTE, NO_GPTE],
      [gpte({ gfn: 1 }), NO_GPTE],
    ],
    addresses: [0, 2, 3],
    stores: [],
    budget: { fault: 5, nx_recover: 1 },
  }),
  scenario({
    id: 'shadow-nx-progress',
    says:
      'A guest repeats an instruction that it fetches from one frame of a huge page and that ' +
      'writes another frame of it: the two translations must be there at once.',
    nx_huge_pages: 'force',
    geometry: { ...oneHugePage, shadow_pages: 3, kinds: ['uw', 'ux'], vcpus: 1, faults_max: 4 },
    initialMemory: [[large(2), NO_GPTE]],
    addresses: [0, 1],
    stores: [],
    instructions: [{ fetch: 0, data: 1, kind: 'uw' }],
    budget: { fault: 9, nx_recover: 1 },
    retries: true,
  }),
];
