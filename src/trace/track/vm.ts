/** One virtual machine as a trace shows it: everything that rules look at. */
import type { TraceEvent } from '../read/event.ts';
import type { Kernel } from '../read/kernel.ts';
import type { Gap } from '../read/reader.ts';
import { spteFormat, type Spte, type SpteFormat } from '../read/spte.ts';
import { Leaves } from './leaves.ts';
import { Pages, tableOf } from './pages.ts';
import { Settings } from './settings.ts';
import { Slots } from './slots.ts';
import { TdpTree } from './tdp.ts';
import { newThread, type Thread } from './thread.ts';

/** What a VM without pages does: slots, parameters, flushes of new vCPUs. */
const isBeforeVcpus: ReadonlySet<TraceEvent['kind']> = new Set<TraceEvent['kind']>([
  'marker',
  'change_mmu_pages',
  'flush',
  'boundary',
  'unmap_gfn_range',
  'unmap_gfn_range_ret',
  'write_protect_gfn',
  'write_protect_gfn_ret',
  'kvm_mmu_zap_all_fast',
]);

export class Vm {
  readonly pages = new Pages();
  readonly leaves = new Leaves();
  readonly tdp = new TdpTree();
  readonly slots = new Slots();
  readonly settings = new Settings();
  readonly #threads = new Map<number, Thread>();
  format: SpteFormat;
  kernel: Kernel;
  /** Undefined: no event has told yet. Otherwise whether everything was seen from its start. */
  complete: boolean | undefined;
  /** Why it is not complete, and since which line. */
  gap: Gap | undefined;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
    this.format = spteFormat(kernel.family, kernel.format);
  }

  useKernel(kernel: Kernel): void {
    this.kernel = kernel;
    this.format = spteFormat(kernel.family, kernel.format);
  }

  thread(id: number): Thread {
    const known = this.#threads.get(id);
    if (known !== undefined) return known;
    const made = newThread();
    this.#threads.set(id, made);
    return made;
  }

  /** What is not known any more once events are missing. */
  miss(gap: Gap): void {
    this.gap ??= gap;
    this.complete = false;
    this.#threads.clear();
  }

  /** Leaves over `gfn` that a guest could still use: of valid pages and valid roots. */
  *liveLeaves(gfn: number): Iterable<{ gfn: number; level: number; spte: Spte; line: number }> {
    for (const leaf of this.leaves.over(gfn)) {
      const page = this.pages.at(tableOf(leaf.sptep));
      if (page === undefined || (!page.invalid && !page.obsolete)) yield leaf;
    }
    for (const value of this.tdp.over(gfn)) {
      if (!value.obsolete && this.format.is_last_spte(value.spte, value.level)) yield value;
    }
  }

  /**
   * Decides whether the trace holds the VM from its start: the first thing that a vCPU does is to
   * make a root, before it enters a guest.
   */
  begin(event: TraceEvent, line: number): void {
    if (this.complete !== undefined) return;
    const isFault = event.kind === 'boundary' && event.what === 'fault';
    if (isBeforeVcpus.has(event.kind) && !isFault) return;
    if (event.kind === 'kvm_mmu_get_page' && event.created && event.sp.level >= 4) {
      this.complete = true;
    } else {
      this.miss({
        kind: 'late-start',
        line,
        since: line,
        why: 'the trace begins in the middle of a run',
      });
    }
  }

  get usesTdpMmu(): boolean {
    return this.tdp.used || this.settings.tdpMmu === true;
  }
}
