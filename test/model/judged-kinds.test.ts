import { describe, expect, it } from 'vitest';
import { judgedKinds } from '../../model/judged-kinds.ts';
import { aKvm } from '../support/kvm.ts';

const textOf = (geometry: Parameters<typeof aKvm>[0]): readonly string[] =>
  judgedKinds(aKvm(geometry).geometry).map(
    ({ kind, cr0_wp, efer_nx, supervisorOnly, plain }) =>
      `${kind}${cr0_wp ? '' : ' !wp'}${efer_nx ? '' : ' !nx'}` +
      (supervisorOnly ? ` of ${plain}` : ''),
  );

describe('judgedKinds', () => {
  it('are those of the guest, and the supervisor write with CR0.WP clear', () => {
    expect(textOf({ geometry: { kinds: ['ur', 'sw'] } })).toEqual(['ur', 'sw', 'sw !wp']);
  });

  it('ask for an entry of the supervisor besides, where SMEP or SMAP may be set', () => {
    expect(textOf({ geometry: { kinds: ['ur', 'sw', 'sx'], cr4: ['smep'] } })).toEqual([
      'ur',
      'sw',
      'sx',
      'sw !wp',
      'sx of 2',
    ]);
    expect(textOf({ geometry: { kinds: ['sr', 'aw'], cr4: ['smap'] } })).toEqual([
      'sr',
      'sw',
      'sw !wp',
      'sr of 0',
    ]);
  });

  it('are none without guest tables', () => {
    expect(textOf({ geometry: { nonpaging: [0, 1] } })).toEqual([]);
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
