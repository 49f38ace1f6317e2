/** Which kernel wrote a trace: said by a marker, by the user, or read off the print format. */
import type { EntryFormat, KernelFamily } from './spte.ts';

export type KernelSource = 'marker' | 'flag' | 'format' | 'assumed';

export interface Kernel {
  /** As far as it is known: `6.12.117+deb12-amd64`, `6.x`. */
  readonly release: string;
  readonly family: KernelFamily;
  readonly format: EntryFormat;
  readonly source: KernelSource;
  /** What the source was, for people. */
  readonly because: string;
}

/** `5.10.223`, `7.2`. Undefined: no version. */
export function familyOf(release: string): KernelFamily | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(release) ?? [];
  if (major === undefined || minor === undefined) return undefined;
  const version = Number(major) * 100 + Number(minor);
  if (version >= 700) return '7.x';
  return version >= 516 ? '6.x' : '5.10';
}

export const unknownKernel: Kernel = {
  release: '6.x',
  family: '6.x',
  format: 'x86',
  source: 'assumed',
  because: 'nothing in the trace tells; say --kernel if it is another one',
};

/** What one line shows of the kernel: columns of flags, letters of access, reasons of exits. */
export function kernelShownBy(
  flags: string | undefined,
  event: string,
  text: string,
): { family: KernelFamily; because: string } | undefined {
  if (event === 'kvm_mmu_get_page' && / [r-][w-][u-][x-] /.test(text)) {
    return { family: '7.x', because: 'four letters of access in a shadow page' };
  }
  if (event === 'kvm_mmu_spte_requested' && / access /.test(text)) {
    return { family: '7.x', because: 'kvm_mmu_spte_requested prints the access' };
  }
  if (flags?.length === 4) return { family: '5.10', because: 'four columns of flags' };
  if (event === 'kvm_page_fault' && text.startsWith('address ')) {
    return { family: '5.10', because: 'kvm_page_fault prints no vcpu' };
  }
  if (flags?.length === 5) return { family: '6.x', because: 'five columns of flags' };
  return undefined;
}

/** Whether an exit shows that entries have the EPT format. */
export const showsEpt = (event: string, text: string): boolean =>
  event === 'kvm_exit' && /reason EPT_|exit_reason=4[89] .*isa=1\b/.test(text);
