import { describe, expect, it } from 'vitest';
import { judgedKinds } from '../../model/judged-kinds.ts';
import { aKvm } from '../support/kvm.ts';

const textOf = (geometry: Parameters<typeof aKvm>[0]): readonly string[] =>
  judgedKinds(aKvm(geometry).geometry).map(
    ({ kind, cr0_wp, efer_nx }) => `${kind}${cr0_wp ? '' : ' !wp'}${efer_nx ? '' : ' !nx'}`,
  );

describe('judgedKinds', () => {
  it('are those of the guest, and the supervisor write with CR0.WP clear', () => {
    expect(textOf({ geometry: { kinds: ['ur', 'sw'] } })).toEqual(['ur', 'sw', 'sw !wp']);
  });

  it('are all there again with EFER.NX clear, where the guest may clear it', () => {
    expect(textOf({ geometry: { kinds: ['ur', 'sw'], efer_nx: 'toggled' } })).toEqual([
      'ur',
      'sw',
      'sw !wp',
      'ur !nx',
      'sw !nx',
      'sw !wp !nx',
    ]);
  });
});
