/** Memory slots and dirty logging, from the markers of the program that owns the VM. */

export interface Slot {
  readonly id: number;
  readonly first: number;
  readonly count: number;
  readonly dirtyLog: boolean;
  readonly readOnly: boolean;
  /** Line of the marker. */
  readonly line: number;
}

const inside = (slot: Slot, gfn: number): boolean =>
  gfn >= slot.first && gfn < slot.first + slot.count;

const LOG_DIRTY = 1;
const READ_ONLY = 2;
const LISTED = 48;

export interface DirtyReport {
  readonly slot: number;
  readonly count: number;
  readonly gfns: ReadonlySet<number>;
  /** The marker lists the first ones alone. */
  readonly whole: boolean;
  /** Highest gfn up to which the list is complete. */
  readonly upTo: number;
}

export function parseDirtyReport(text: string): DirtyReport | undefined {
  const m = /^ktl dirty: slot (\d+) count=(\d+) gfns:((?: [0-9a-f]+)*)/.exec(text);
  if (m === null) return undefined;
  const list = (m[3] ?? '')
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => Number.parseInt(word, 16));
  const count = Number(m[2]);
  const whole = list.length === count && count <= LISTED;
  return {
    slot: Number(m[1]),
    count,
    gfns: new Set(list),
    whole,
    upTo: whole ? Infinity : (list.at(-1) ?? -1),
  };
}

export class Slots {
  readonly #slots = new Map<number, Slot>();
  #pending: Slot | undefined;
  /** Whether any marker about slots was seen. */
  known = false;
  /** Between a change that was asked for and its end, both states may be in force. */
  get changing(): boolean {
    return this.#pending !== undefined;
  }
  manualProtect = false;
  /** Per slot: gfns made writable since they were last reported, with the line that did it. */
  readonly written = new Map<number, Map<number, number>>();

  /** Slots over `gfn`, of any address space. */
  over(gfn: number): Slot[] {
    return [...this.#slots.values()].filter((slot) => inside(slot, gfn));
  }

  /** A slot that holds the whole range. */
  holding(first: number, last: number): Slot | undefined {
    return [...this.#slots.values()].find((slot) => inside(slot, first) && inside(slot, last));
  }

  all(): Slot[] {
    return [...this.#slots.values()];
  }

  wrote(gfn: number, line: number): void {
    for (const slot of this.over(gfn)) {
      if (!slot.dirtyLog) continue;
      const gfns = this.written.get(slot.id) ?? new Map<number, number>();
      gfns.set(gfn, gfns.get(gfn) ?? line);
      this.written.set(slot.id, gfns);
    }
  }

  mark(text: string, line: number): void {
    const asked = /^ktl vmm: memslot (\d+) gpa=0x([0-9a-f]+) size=0x([0-9a-f]+) flags=0x(\w+)/;
    const m = asked.exec(text);
    if (m !== null) {
      this.known = true;
      const [, id, gpa = '', size = '', flags = ''] = m;
      const bits = Number.parseInt(flags, 16);
      this.#pending = {
        id: Number(id),
        first: Math.floor(Number.parseInt(gpa, 16) / 4096),
        count: Math.floor(Number.parseInt(size, 16) / 4096),
        dirtyLog: (bits & LOG_DIRTY) !== 0,
        readOnly: (bits & READ_ONLY) !== 0,
        line,
      };
    } else if (/^ktl vmm: memslot \d+ (?:done|failed)/.test(text)) {
      if (text.includes(' done')) this.#commit();
      this.#pending = undefined;
    } else if (text.startsWith('ktl vmm: manual_dirty_log_protect2')) {
      this.manualProtect = true;
    } else {
      this.#markDirty(text);
    }
  }

  #commit(): void {
    const slot = this.#pending;
    if (slot === undefined) return;
    if (!slot.dirtyLog || slot.count === 0) this.written.delete(slot.id);
    if (slot.count === 0) this.#slots.delete(slot.id);
    else this.#slots.set(slot.id, slot);
  }

  #markDirty(text: string): void {
    const report = parseDirtyReport(text);
    if (report !== undefined && !this.manualProtect) this.written.delete(report.slot);
    const [, first, n] = /^ktl vmm: clear_log first=(\d+) n=(\d+)/.exec(text) ?? [];
    if (first === undefined || n === undefined) return;
    for (const [id, gfns] of this.written) {
      const begin = (this.#slots.get(id)?.first ?? 0) + Number(first);
      for (const gfn of gfns.keys()) {
        if (gfn >= begin && gfn < begin + Number(n)) gfns.delete(gfn);
      }
    }
  }
}
