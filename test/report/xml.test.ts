import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { xmlText } from '../../src/report/xml.ts';
import { elementsIn } from './validators.ts';

const read = (text: string) => {
  const [element] = elementsIn(text, 'a');
  return { attribute: element?.getAttribute('m'), text: element?.textContent };
};

describe('xmlText', () => {
  it('gives back any text, in attributes and between tags', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const xml = xmlText({ name: 'a', attributes: { m: text }, children: text });
        expect(read(xml)).toEqual({ attribute: text, text });
      }),
      { seed: 0x5eed, numRuns: 100 },
    );
  });

  it('stays XML whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        read(xmlText({ name: 'a', attributes: { m: text }, children: text }));
      }),
      { seed: 0x5eed, numRuns: 100 },
    );
  });

  it('drops colours, control characters and halves of characters', () => {
    const text = '\u001B[31mred\u001B[0m \u0000\u0008\uFFFF\uD800 end ]]> <&>"';
    const xml = xmlText({ name: 'a', attributes: { m: text }, children: text });
    expect(read(xml)).toEqual({ attribute: 'red  end ]]> <&>"', text: 'red  end ]]> <&>"' });
  });

  it('puts every element on a line of its own, and leaves out what is undefined', () => {
    const b = { name: 'b', attributes: { gone: undefined, n: 1 } };
    expect(xmlText({ name: 'a', children: [b, { name: 'c', children: [b] }] })).toBe(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<a>',
        '  <b n="1"/>',
        '  <c>',
        '    <b n="1"/>',
        '  </c>',
        '</a>',
        '',
      ].join('\n'),
    );
  });
});
