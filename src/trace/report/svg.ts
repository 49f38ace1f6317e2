/** The course of a trace as a picture: used pages, unsync pages, flushes, and violations. */
import type { Stretch } from '../timeline.ts';
import { xmlText } from './junit.ts';
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

function bandLines({ label, colour, value }: Band, at: number, all: readonly Stretch[]): string[] {
  const y = top + at * (band + 24);
  const most = Math.max(1, ...all.map(value));
  const step = (width - left - 20) / Math.max(1, all.length);
  const bars = all.map((stretch, i) => {
    const height = (value(stretch) / most) * band;
    const x = number(left + i * step);
    return `M${x} ${number(y + band)}v${number(-height)}h${number(step)}v${number(height)}z`;
  });
  return [
    `<text x="${left}" y="${y - 6}">${xmlText(label)}</text>`,
    `<text x="${left - 8}" y="${y + 10}" text-anchor="end">${most}</text>`,
    `<text x="${left - 8}" y="${y + band}" text-anchor="end">0</text>`,
    `<path d="${bars.join('')}" fill="${colour}"/>`,
    `<path d="M${left} ${y}v${band}h${width - left - 20}" fill="none" stroke="#888"/>`,
  ];
}

export function svgText(report: TraceReport): string {
  const { timeline } = report.validation;
  const all = timeline.stretches();
  const height = top + bands.length * (band + 24) + 16;
  const length = (timeline.stretch_s * all.length).toFixed(3);
  const title = `${report.file}: ${report.verdict.kind}, ${length} s`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
      'font-family="sans-serif" font-size="12">',
    `<title>${xmlText(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${left}" y="20" font-size="14">${xmlText(title)}</text>`,
    ...bands.flatMap((one, i) => bandLines(one, i, all)),
    '</svg>',
    '',
  ].join('\n');
}
