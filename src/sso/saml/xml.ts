/** Reads XML of strangers: no document type, so that no entity can be declared or expanded. */
import { DOMParser, type Document, type Element } from '@xmldom/xmldom';

export const SAML_NAMESPACE = {
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
} as const;

export type XmlFault = 'document type' | 'not well-formed';

/** A byte order mark and white space may stand before the document, as Supabase Auth allows. */
const LEADING = /^[\uFEFF\s]+/;

/** @returns the document, or why it cannot be read. */
export function readXml(text: string): Document | XmlFault {
  if (/<!(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.test(text)) return 'document type';
  const refuse = () => {
    throw new Error('not well-formed');
  };
  try {
    return new DOMParser({ onError: refuse }).parseFromString(
      text.replace(LEADING, ''),
      'text/xml',
    );
  } catch {
    return 'not well-formed';
  }
}

export const isNamed = (element: Element | null, namespace: string, name: string): boolean =>
  element?.namespaceURI === namespace && element.localName === name;

export const childrenOf = (parent: Element, namespace: string, name: string): Element[] =>
  [...parent.childNodes].filter(
    (node): node is Element =>
      node.nodeType === node.ELEMENT_NODE && isNamed(node as Element, namespace, name),
  );

/** The elements at the end of a path of child elements of one namespace. */
export const descendantsOf = (parent: Element, namespace: string, ...path: string[]): Element[] =>
  path.reduce<Element[]>(
    (found, name) => found.flatMap((element) => childrenOf(element, namespace, name)),
    [parent],
  );
