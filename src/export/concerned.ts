/** Which boxes and rows of a picture a finding is about. */
import type { Finding } from '../engine/machine/index.ts';
import type { Scene } from '../picture/scene.ts';

/** Fields of a finding that hold the number of a shadow page. */
const pageFields = ['sp', 'child', 'twin', 'parent'] as const;

/**
 * Ids of nodes and rows: the entry where one is named, else the page; the vCPU where nothing else
 * is named, and its TLB entry where there is one of the address.
 */
export function concernedIn(scene: Scene, { where }: Finding): ReadonlySet<string> {
  const { index, vcpu, va } = where;
  const named = pageFields.flatMap((field) => {
    const sp = where[field];
    if (typeof sp !== 'number') return [];
    return field === 'sp' && typeof index === 'number' ? [`sp${sp}[${index}]`] : [`sp${sp}`];
  });
  const rows = scene.nodes.find(({ id }) => id === `vcpu${vcpu}`)?.rows ?? [];
  const ofAddress = (text: string) => `${text} `.startsWith(`va ${va} `);
  const cached = rows.filter(({ text }) => ofAddress(text)).map(({ id }) => id);
  const ids = [...named, ...cached];
  return new Set(ids.length === 0 && vcpu !== undefined ? [`vcpu${vcpu}`] : ids);
}
