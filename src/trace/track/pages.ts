/** The shadow pages that a trace shows, and what is known of each. */
import { parseRole, type Descriptor, type Role } from '../read/role.ts';
import type { KernelFamily } from '../read/spte.ts';
import { isUpperTable, type PageFacts } from '../../../properties/helpers/facts.ts';
import type { SpteAddress } from '../read/event.ts';

export interface ShadowPage {
  /** As printed when it was created. */
  readonly sp: Descriptor;
  /** Line of its creation. */
  readonly created: number;
  unsync: boolean;
  /** Line of the event that made it unsync, or sync again. */
  changed: number;
  /** Zapped while a vCPU still has it as a root. */
  invalid: boolean;
  /** Of a generation before the last fast zap: no lookup finds it. */
  obsolete: boolean;
  /** Address of its table, once a link shows it. */
  spt: SpteAddress | undefined;
  /** Decoded from the raw word, once a link or the descriptor shows it. */
  role: Role | undefined;
  /** No write protection was seen when it was created: perhaps a passthrough root. */
  unprotected: boolean;
  /** Whether it counts for the write tracking of its gfn: an upper table, until it is zapped. */
  tracks: boolean;
}

const TABLE = 4096;
export const tableOf = (sptep: SpteAddress): SpteAddress => sptep - (sptep % TABLE);
export const indexOf = (sptep: SpteAddress): number => (sptep % TABLE) / 8;

/** Whether a lookup may return it. */
export const isValid = (page: ShadowPage): boolean => !page.invalid && !page.obsolete;

/** sp_has_gptes(). A root that prints as indirect may be a passthrough one: `unprotected`. */
export const sp_has_gptes = (page: ShadowPage): boolean =>
  !page.sp.direct && page.role?.passthrough !== true && !page.unprotected;

const unplacedKey = (level: number, direct: boolean): number => level * 2 + (direct ? 1 : 0);

export const factsOf = (page: ShadowPage): PageFacts => ({
  valid: isValid(page),
  shadowsTable: sp_has_gptes(page),
  level: page.sp.level,
  unsync: page.unsync,
});

export class Pages {
  readonly #byKey = new Map<string, ShadowPage[]>();
  readonly #byGfn = new Map<number, ShadowPage[]>();
  readonly #bySpt = new Map<SpteAddress, ShadowPage>();
  /** By level and directness. */
  readonly #unplaced = new Map<number, Set<ShadowPage>>();
  /** Tables of zapped pages that no link has shown since, with the line of the zap. */
  readonly freed = new Map<SpteAddress, number>();
  /** Current mmu_valid_gen, when it is known. */
  gen: number | undefined;
  live = 0;
  unsync = 0;

  all(): Iterable<ShadowPage> {
    return [...this.#byKey.values()].flat();
  }

  add(sp: Descriptor, line: number, family: KernelFamily, unprotected: boolean): ShadowPage {
    const page: ShadowPage = {
      sp,
      created: line,
      unsync: sp.unsync,
      changed: line,
      invalid: false,
      obsolete: false,
      spt: undefined,
      role: sp.role === undefined ? undefined : parseRole(sp.role, family),
      unprotected,
      tracks: false,
    };
    page.tracks = isUpperTable(factsOf(page));
    push(this.#byKey, sp.key, page);
    if (!sp.direct) push(this.#byGfn, sp.gfn, page);
    this.#setUnplaced(page, true);
    this.live += 1;
    if (page.unsync) this.unsync += 1;
    return page;
  }

  /** Pages that print alike; more than one when roles differ in what is not printed. */
  alike(sp: Descriptor): readonly ShadowPage[] {
    return this.#byKey.get(sp.key) ?? [];
  }

  /** Valid pages with a guest table at `gfn`. Order: of creation. */
  shadowing(gfn: number): readonly ShadowPage[] {
    const pages = this.#byGfn.get(gfn);
    return pages === undefined ? [] : pages.filter((page) => isValid(page) && sp_has_gptes(page));
  }

  /**
   * gfn_write_track: pages for which every mapping of `gfn` is read-only, whatever happens. As in
   * KVM, obsolete ones count until they are zapped. Order: of creation.
   */
  tracking(gfn: number): readonly ShadowPage[] {
    return (this.#byGfn.get(gfn) ?? []).filter(({ tracks }) => tracks);
  }

  /** Gfns of guest tables, for ranges. */
  shadowedIn(first: number, count: number): ShadowPage[] {
    if (count <= 512) {
      const found: ShadowPage[] = [];
      for (let gfn = first; gfn < first + count; gfn += 1) found.push(...this.shadowing(gfn));
      return found;
    }
    return [...this.#byGfn.keys()]
      .filter((gfn) => gfn >= first && gfn < first + count)
      .flatMap((gfn) => this.shadowing(gfn));
  }

  at(spt: SpteAddress): ShadowPage | undefined {
    return this.#bySpt.get(spt);
  }

  /** Live pages of a level whose table was never shown: roots. */
  unplaced(level: number, direct: boolean): readonly ShadowPage[] {
    return [...(this.#unplaced.get(unplacedKey(level, direct)) ?? [])];
  }

  #setUnplaced(page: ShadowPage, isUnplaced: boolean): void {
    const key = unplacedKey(page.sp.level, page.sp.direct);
    const set = this.#unplaced.get(key) ?? new Set<ShadowPage>();
    if (isUnplaced) set.add(page);
    else set.delete(page);
    this.#unplaced.set(key, set);
  }

  place(page: ShadowPage, spt: SpteAddress, role?: Role): void {
    const before = this.#bySpt.get(spt);
    if (before !== undefined && before !== page) this.displace(before);
    if (page.spt !== undefined && page.spt !== spt) this.#bySpt.delete(page.spt);
    page.spt = spt;
    this.#setUnplaced(page, false);
    page.role = role ?? page.role;
    if (page.role?.passthrough === true) page.tracks = false;
    this.#bySpt.set(spt, page);
    this.freed.delete(spt);
  }

  /** Forgets what only links show, because it may be that of another page. */
  displace(page: ShadowPage): void {
    if (page.spt !== undefined) this.#bySpt.delete(page.spt);
    page.spt = undefined;
    this.#setUnplaced(page, true);
    if (page.sp.role === undefined) page.role = undefined;
  }

  setUnsync(page: ShadowPage, unsync: boolean, line: number): void {
    const counts = this.alike(page.sp).includes(page);
    if (counts && page.unsync !== unsync) this.unsync += unsync ? 1 : -1;
    page.unsync = unsync;
    page.changed = line;
  }

  remove(page: ShadowPage, line: number): void {
    pull(this.#byKey, page.sp.key, page);
    if (!page.sp.direct) pull(this.#byGfn, page.sp.gfn, page);
    if (page.spt !== undefined) {
      this.#bySpt.delete(page.spt);
      this.freed.set(page.spt, line);
    }
    this.#setUnplaced(page, false);
    this.live -= 1;
    if (page.unsync) this.unsync -= 1;
  }

  /** kvm_mmu_zap_all_fast(): what is there now is found no more. */
  makeObsolete(): void {
    for (const page of this.all()) page.obsolete = true;
  }
}

function push<K>(map: Map<K, ShadowPage[]>, key: K, page: ShadowPage): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [page]);
  else list.push(page);
}

function pull<K>(map: Map<K, ShadowPage[]>, key: K, page: ShadowPage): void {
  const list = (map.get(key) ?? []).filter((other) => other !== page);
  if (list.length === 0) map.delete(key);
  else map.set(key, list);
}

/** For messages. */
export function pageText(page: ShadowPage): string {
  const { sp } = page;
  return [
    `sp gfn ${sp.gfn.toString(16)} l${sp.level}${sp.direct ? ' direct' : ''} ${sp.access}`,
    page.unsync ? 'unsync' : 'sync',
    ...(page.invalid ? ['invalid'] : []),
    ...(page.obsolete ? ['obsolete'] : []),
    `(created at line ${page.created})`,
  ].join(' ');
}
