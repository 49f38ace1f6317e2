/** The formats that a counterexample can be exported to. */
import type { Scene } from '../picture/scene.ts';
import { dotText } from './dot.ts';
import { htmlText } from './html/page.ts';
import { itfText } from './itf.ts';
import { mailText } from './mail.ts';
import { mermaidText } from './mermaid.ts';
import { perfettoText } from './perfetto.ts';
import type { Run } from './run.ts';
import { tlcText } from './tlc.ts';

/** Of the whole run; `picture`: of a machine that has pictures; `state`: of one of its states. */
export type ExportFormat = { readonly id: string; readonly says: string } & (
  | { readonly of: 'run'; readonly text: (run: Run) => string }
  | {
      readonly of: 'picture' | 'state';
      readonly text: (run: Run, scenes: readonly Scene[], step: number) => string;
    }
);

/** Order: from machines to people. */
export const formats = [
  { id: 'itf', says: 'states for Apalache, Quint and their viewers', of: 'run', text: itfText },
  { id: 'tlc', says: 'states as TLC dumps and loads them', of: 'run', text: tlcText },
  { id: 'perfetto', says: 'a timeline for ui.perfetto.dev', of: 'run', text: perfettoText },
  { id: 'mermaid', says: 'a sequence diagram', of: 'run', text: mermaidText },
  { id: 'dot', says: 'the page tables after a step, for Graphviz', of: 'state', text: dotText },
  { id: 'html', says: 'a page to step through', of: 'picture', text: htmlText },
  { id: 'mail', says: 'plain text of at most 75 columns', of: 'run', text: mailText },
] as const satisfies readonly ExportFormat[];

export type FormatId = (typeof formats)[number]['id'];
