/** XML documents as plain data, written by a library that knows how to escape. */
import { stripVTControlCharacters } from 'node:util';
import { DOMImplementation, XMLSerializer, type Document, type Element } from '@xmldom/xmldom';

export interface XmlElement {
  readonly name: string;
  /** An attribute that is undefined is left out. */
  readonly attributes?: Readonly<Record<string, string | number | undefined>>;
  /** Elements, each on a line of its own; or the text of the element. */
  readonly children?: readonly XmlElement[] | string;
}

/** XML 1.0 has no place for most control characters, nor for halves of characters. */
const notInXml = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const allowed = (text: string): string => stripVTControlCharacters(text).replaceAll(notInXml, '');

function appendChildren(
  document: Document,
  element: Element,
  children: readonly XmlElement[],
  indent: string,
): void {
  for (const child of children) {
    element.appendChild(document.createTextNode(`\n${indent}  `));
    const added = document.createElement(child.name);
    element.appendChild(added);
    fill(document, added, child, `${indent}  `);
  }
  if (children.length > 0) element.appendChild(document.createTextNode(`\n${indent}`));
}

function fill(document: Document, element: Element, source: XmlElement, indent: string): void {
  for (const [name, value] of Object.entries(source.attributes ?? {})) {
    if (value !== undefined) element.setAttribute(name, allowed(String(value)));
  }
  const { children = [] } = source;
  if (typeof children !== 'string') appendChildren(document, element, children, indent);
  else element.appendChild(document.createTextNode(allowed(children)));
}

/** The document as text, in UTF-8. */
export function xmlText(root: XmlElement): string {
  const document = new DOMImplementation().createDocument(null, root.name);
  const element = document.documentElement;
  if (element === null) throw new Error('a document has a root');
  fill(document, element, root, '');
  const text = new XMLSerializer().serializeToString(document);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${text}\n`;
}
