/** Markup as plain data, written by a library that knows how to escape. */
import { DOMImplementation, XMLSerializer, type Document, type Element } from '@xmldom/xmldom';

export interface Markup {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  readonly children: readonly (Markup | string)[];
}

/** An attribute that is undefined is left out. */
export const h = (
  name: string,
  attributes: Markup['attributes'] = {},
  ...children: Markup['children']
): Markup => ({ name, attributes, children });

/** Characters that no page may hold: controls, and halves of characters. */
const unfit = /[^\t\n\r\u{20}-\u{7E}\u{A0}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

function fill(document: Document, element: Element, { attributes, children }: Markup): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, String(value).replaceAll(unfit, ''));
  }
  for (const child of children) {
    if (typeof child === 'string') {
      element.appendChild(document.createTextNode(child.replaceAll(unfit, '')));
    } else {
      const added = document.createElement(child.name);
      element.appendChild(added);
      fill(document, added, child);
    }
  }
}

/** A page. Text within `script` and `style` is not escaped: it must not come from outside. */
export function htmlDocument(head: readonly Markup[], body: readonly Markup[]): string {
  const document = new DOMImplementation().createHTMLDocument(false);
  const root = document.createElement('html');
  document.appendChild(root);
  fill(document, root, h('html', { lang: 'en' }, h('head', {}, ...head), h('body', {}, ...body)));
  return `<!DOCTYPE html>\n${new XMLSerializer().serializeToString(document)}\n`;
}
