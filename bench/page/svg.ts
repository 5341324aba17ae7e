// One element of an SVG as text.

type Attributes = Readonly<Record<string, string | number>>;

/** `content` is markup: elements, or text that `words` has made safe. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const given = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? tenths(value) : value}"`,
  );
  return content === '' ? `<${name}${given.join('')}/>` : `<${name}${given.join('')}>${content}</${name}>`;
}

export function words(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
