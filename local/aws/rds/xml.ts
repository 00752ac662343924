/** The content of an XML element; null omits the element. */
export type XmlValue = string | number | boolean | null | XmlList | { readonly [name: string]: XmlValue };

export class XmlList {
  readonly member: string;
  readonly items: readonly XmlValue[];

  constructor(member: string, items: readonly XmlValue[]) {
    this.member = member;
    this.items = items;
  }
}

/** Writes an element with its content. */
export function toXml(name: string, value: XmlValue): string {
  if (value === null) return '';
  if (value instanceof XmlList) {
    const { member, items } = value;
    return `<${name}>${items.map((item) => toXml(member, item)).join('')}</${name}>`;
  }
  if (typeof value === 'object') {
    const children = Object.entries(value).map(([child, inner]) => toXml(child, inner));
    return `<${name}>${children.join('')}</${name}>`;
  }
  return `<${name}>${escape(String(value))}</${name}>`;
}

function escape(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
