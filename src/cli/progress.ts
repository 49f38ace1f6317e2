/** One line on standard error that says how far a search is. */
import type { Statistics } from '../engine/outcome.ts';
import type { SearchHeader } from '../report/search-report.ts';
import { countsLine } from '../report/text.ts';
import type { Environment } from './environment.ts';

export interface Progress {
  readonly say: (text: string) => void;
  readonly show: (header: SearchHeader, statistics: Statistics) => void;
  /** Removes the line, so that results can follow. */
  readonly clear: () => void;
}

const clearLine = '\r\u001B[K';

/** On a terminal the line is overwritten; elsewhere each report is a line of its own. */
export function progressOn(environment: Environment, enabled: boolean): Progress {
  let shown = false;
  const { errIsTerminal, err } = environment;
  const say = (text: string): void => {
    if (!enabled) return;
    err(errIsTerminal ? `${clearLine}${text}` : `${text}\n`);
    shown = errIsTerminal;
  };
  return {
    say,
    show: (header, statistics) => say(`${header.scenario.id}: ${countsLine(header, statistics)}`),
    clear: () => {
      if (shown) err(clearLine);
      shown = false;
    },
  };
}
