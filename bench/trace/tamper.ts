/** Generated tampering: healthy traces with one planted change each. */

export interface Tampering {
  readonly id: string;
  readonly says: string;
  /** Indices of lines where the change can be made. Order: of lines. */
  readonly places: (lines: readonly string[]) => number[];
  /** A changed copy. */
  readonly apply: (lines: readonly string[], at: number) => string[];
}

const eventOf = (line: string): string => /\d\.\d+: +([^\s:]+):/.exec(line)?.[1] ?? '';
const threadOf = (line: string): string => /-(\d+) +\[/.exec(line)?.[1] ?? '';

const where = (lines: readonly string[], test: (line: string) => boolean): number[] =>
  lines.flatMap((line, i) => (test(line) ? [i] : []));

const without = (lines: readonly string[], gone: ReadonlySet<number>): string[] =>
  lines.filter((_, i) => !gone.has(i));

const replaced = (lines: readonly string[], at: number, line: string): string[] =>
  lines.map((old, i) => (i === at ? line : old));

const isFlush = (line: string): boolean => /^flush_(?!gva)/.test(eventOf(line));

/** All flushes of a thread from one of them to its next entry into a guest. */
function flushesFrom(lines: readonly string[], at: number): Set<number> {
  const thread = threadOf(lines[at] ?? '');
  const gone = new Set<number>();
  for (let i = at; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    if (threadOf(line) !== thread) continue;
    if (eventOf(line) === 'kvm_entry') break;
    if (isFlush(line)) gone.add(i);
  }
  return gone;
}

const hexOf = (line: string, pattern: RegExp): bigint | undefined => {
  const digits = pattern.exec(line)?.[1];
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
};

const leafValue = /: gfn [0-9a-f]+ spte ([0-9a-f]+) /;
const changed = (line: string, pattern: RegExp, change: (old: bigint) => bigint): string =>
  line.replace(pattern, (all, digits: string) =>
    all.replace(digits, change(BigInt(`0x${digits}`)).toString(16)),
  );

const hidden = (id: string, says: string, event: RegExp): Tampering => ({
  id,
  says,
  places: (lines) => where(lines, (line) => event.test(eventOf(line))),
  apply: (lines, at) => without(lines, new Set([at])),
});

/** Events whose order means something. */
const ordered = new RegExp(
  [
    '^kvm_(mmu_(get|unsync|sync|prepare|set_spte|spte_req)|tdp|entry)',
    '^(link_sp|flush_remote|drop_spte)',
  ].join('|'),
);

const nextOrdered = (lines: readonly string[], at: number): number => {
  const thread = threadOf(lines[at] ?? '');
  return lines.findIndex(
    (line, i) => i > at && threadOf(line) === thread && ordered.test(eventOf(line)),
  );
};

const orderedPlaces = (lines: readonly string[]): number[] =>
  where(lines, (line) => ordered.test(eventOf(line)));

const headOf = (line: string): string => /^.*?\d\.\d+: /.exec(line)?.[0] ?? '';
const withHead = (head: string, line: string): string => head + line.slice(headOf(line).length);

const swapped = (
  lines: readonly string[],
  at: number,
  change: (a: string, b: string) => readonly [string, string],
): string[] => {
  const next = nextOrdered(lines, at);
  const [a = '', b = ''] = [lines[at], lines[next]];
  if (next === -1) return [...lines];
  const [first, second] = change(a, b);
  return replaced(replaced(lines, at, first), next, second);
};

const swapLines: Tampering = {
  id: 'swap-lines',
  says: 'two lines of a thread change places',
  places: orderedPlaces,
  apply: (lines, at) => swapped(lines, at, (a, b) => [b, a]),
};

const swapEvents: Tampering = {
  id: 'swap-events',
  says: 'two lines of a thread change places, but for their times',
  places: orderedPlaces,
  apply: (lines, at) =>
    swapped(lines, at, (a, b) => [withHead(headOf(a), b), withHead(headOf(b), a)]),
};

export const tamperings: readonly Tampering[] = [
  {
    id: 'drop-flush',
    says: 'the flushes of a thread up to its next entry into a guest are missing',
    places: (lines) => where(lines, (line) => eventOf(line) === 'flush_remote'),
    apply: (lines, at) => without(lines, flushesFrom(lines, at)),
  },
  {
    id: 'make-writable',
    says: 'a leaf that is installed read-only is writable',
    places: (lines) =>
      where(lines, (line) => {
        const spte = hexOf(line, leafValue);
        return spte !== undefined && (spte & 2n) === 0n;
      }),
    apply: (lines, at) =>
      replaced(
        lines,
        at,
        changed(lines[at] ?? '', leafValue, (spte) => spte | 2n),
      ),
  },
  {
    id: 'make-table-writable',
    says: 'a leaf of a shadowed gfn that is installed read-only is writable',
    places: (lines) => {
      const tables = new Set(
        lines.flatMap((line) => {
          const [, gfn] = /get_page: sp gen \d gfn (\w+) l\d 8-byte q0 [^d]/.exec(line) ?? [];
          return gfn === undefined ? [] : [gfn];
        }),
      );
      return where(lines, (line) => {
        const [, gfn = ''] = /kvm_mmu_set_spte: gfn (\w+) /.exec(line) ?? [];
        return tables.has(gfn) && ((hexOf(line, leafValue) ?? 2n) & 2n) === 0n;
      });
    },
    apply: (lines, at) =>
      replaced(
        lines,
        at,
        changed(lines[at] ?? '', leafValue, (spte) => spte | 2n),
      ),
  },
  swapLines,
  swapEvents,
  hidden('hide-unsync', 'a page becomes unsync and no event says so', /^kvm_mmu_unsync_page$/),
  hidden('hide-sync', 'a page becomes sync and no event says so', /^kvm_mmu_sync_page$/),
  hidden('hide-zap', 'a page is zapped and no event says so', /^kvm_mmu_prepare_zap_page$/),
  hidden('hide-new-page', 'a page is created and no event says so', /^kvm_mmu_get_page$/),
  hidden('hide-tdp-change', 'a change of the TDP MMU is missing', /^kvm_tdp_mmu_spte_changed$/),
  {
    id: 'wrong-frame',
    says: 'a leaf maps the next frame',
    places: (lines) => where(lines, (line) => leafValue.test(line) && / level 1 at /.test(line)),
    apply: (lines, at) =>
      replaced(
        lines,
        at,
        changed(lines[at] ?? '', leafValue, (spte) => spte + 0x1000n),
      ),
  },
  {
    id: 'lose-dirty-page',
    says: 'the dirty log leaves out the first page',
    places: (lines) => where(lines, (line) => /ktl dirty: .* gfns: \w/.test(line)),
    apply: (lines, at) => replaced(lines, at, (lines[at] ?? '').replace(/(gfns:) \w+/, '$1')),
  },
];

/** `count` of the places, evenly spread. */
export function spread<T>(places: readonly T[], count: number): T[] {
  if (places.length <= count) return [...places];
  return Array.from(
    { length: count },
    (_, i) => places[Math.floor((i * places.length) / count)],
  ).filter((place) => place !== undefined);
}
