/**
 * What the MMU asks of shadow pages, said of plain facts, so that anything that knows the facts can
 * be asked: a page that a trace shows, or a page of a model. Nothing here knows where facts come
 * from.
 */

export interface PageFacts {
  /** A lookup may return it: not zapped, not obsolete. */
  readonly valid: boolean;
  /** sp_has_gptes(): there is a guest table behind it. */
  readonly shadowsTable: boolean;
  readonly level: number;
  readonly unsync: boolean;
}

/** Its guest table must be mapped read-only everywhere. */
export const isTableInSync = (page: Omit<PageFacts, 'level'>): boolean =>
  page.valid && page.shadowsTable && !page.unsync;

/** What a leaf lets its users do. */
export interface LeafFacts {
  readonly writable: boolean;
}

/** A writable mapping of a gfn that a page in sync shadows: the guest could edit it unseen. */
export const isWritableOverSynced = (
  leaf: LeafFacts,
  page: Parameters<typeof isTableInSync>[0],
): boolean => leaf.writable && isTableInSync(page);

/** Only leaf tables resync, one entry at a time, when the guest flushes. */
export const mayBeUnsync = (page: Pick<PageFacts, 'level' | 'shadowsTable'>): boolean =>
  page.level === 1 && page.shadowsTable;

/** It holds its gfn write-protected whatever else shadows that gfn. */
export const isUpperTable = (page: Omit<PageFacts, 'unsync'>): boolean =>
  page.valid && page.shadowsTable && page.level > 1;

/** Hardware knows the level of a table by its depth alone. */
export const isLevelBelow = (child: number, parent: number): boolean => child === parent - 1;

/** First gfn of the range that entry `index` of a direct page maps. */
export const gfnOfDirectEntry = (gfn: number, index: number, pagesPerEntry: number): number =>
  gfn + index * pagesPerEntry;
