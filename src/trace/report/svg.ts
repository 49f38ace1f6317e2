/** The course of a trace as a picture: used pages, unsync pages, flushes, and violations. */
import { xmlText, type XmlElement } from '../../report/xml.ts';
import type { Stretch } from '../timeline.ts';
import type { TraceReport } from './result.ts';

const width = 960;
const band = 110;
const left = 60;
const top = 48;

interface Band {
  readonly label: string;
  readonly colour: string;
  readonly value: (stretch: Stretch) => number;
}

const bands: readonly Band[] = [
  { label: 'used shadow pages', colour: '#4878a8', value: ({ used }) => used },
  { label: 'unsync pages', colour: '#b8860b', value: ({ unsync }) => unsync },
  { label: 'flushes', colour: '#6a8f4e', value: ({ flushes }) => flushes },
];

const number = (n: number): string => String(Math.round(n * 10) / 10);

const label = (x: number, y: number, text: string, more: XmlElement['attributes'] = {}) => ({
  name: 'text',
  attributes: { x, y, ...more },
  children: text,
});

const path = (d: string, attributes: XmlElement['attributes']): XmlElement => ({
  name: 'path',
  attributes: { d, ...attributes },
});

function bandElements(shown: Band, at: number, all: readonly Stretch[]): XmlElement[] {
  const y = top + at * (band + 24);
  const most = Math.max(1, ...all.map(shown.value));
  const step = (width - left - 20) / Math.max(1, all.length);
  const bars = all.map((stretch, i) => {
    const height = (shown.value(stretch) / most) * band;
    const x = number(left + i * step);
    return `M${x} ${number(y + band)}v${number(-height)}h${number(step)}v${number(height)}z`;
  });
  const toTheEnd = { 'text-anchor': 'end' };
  return [
    label(left, y - 6, shown.label),
    label(left - 8, y + 10, String(most), toTheEnd),
    label(left - 8, y + band, '0', toTheEnd),
    path(bars.join(''), { fill: shown.colour }),
    path(`M${left} ${y}v${band}h${width - left - 20}`, { fill: 'none', stroke: '#888' }),
  ];
}

export function svgText(report: TraceReport): string {
  const { timeline } = report.validation;
  const all = timeline.stretches();
  const height = top + bands.length * (band + 24) + 16;
  const length = (timeline.stretch_s * all.length).toFixed(3);
  const title = `${report.file}: ${report.verdict.kind}, ${length} s`;
  return xmlText({
    name: 'svg',
    attributes: {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      'font-family': 'sans-serif',
      'font-size': 12,
    },
    children: [
      { name: 'title', children: title },
      { name: 'rect', attributes: { width, height, fill: '#fff' } },
      label(left, 20, title, { 'font-size': 14 }),
      ...bands.flatMap((one, i) => bandElements(one, i, all)),
    ],
  });
}
