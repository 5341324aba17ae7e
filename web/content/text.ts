// A text with its formatted stretches: the stretches may overlap, so the text is cut at every edge of one.

import type { Content } from '../../gen/json/api.ts';
import { h } from '../dom.ts';
import type { Names } from '../words/names.ts';

type Formatted = NonNullable<Content['formatted_text']>;

/** Web addresses in plain text become links; what closes a sentence is not part of one. */
const address = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}'’”]/gu;
const bigEmojiMax = 3;
const onlyEmojis =
  /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D|\p{Emoji_Modifier}|\p{Extended_Pictographic})*\s*)+$/u;

export function textOf(text: string, formatted: Formatted | undefined, names: Names): HTMLElement {
  const few = text.length < 30 && [...new Intl.Segmenter().segment(text.replace(/\s/gu, ''))].length <= bigEmojiMax;
  const big = few && onlyEmojis.test(text);
  const paragraph = h('p', { class: big ? 'message-text message-emoji' : 'message-text', dir: 'auto' });
  if (formatted === undefined) paragraph.append(...linked(text));
  else for (const [start, end] of pieces(text, formatted)) paragraph.append(piece(text, start, end, formatted, names));
  return paragraph;
}

function pieces(text: string, formatted: Formatted): readonly (readonly [number, number])[] {
  const { bold = [], italic = [], code = [], link = [], mention = [] } = formatted;
  const pairs = [...bold, ...italic, ...code];
  const named = [...link, ...mention].map(({ start = 0, end = 0 }) => [start, end] as const);
  const edges = new Set([0, text.length, ...[...pairs, ...named].flat()]);
  const sorted = [...edges].filter((edge) => edge >= 0 && edge <= text.length).sort((one, other) => one - other);
  return sorted.slice(1).map((end, index) => [sorted[index] as number, end]);
}

function piece(text: string, start: number, end: number, formatted: Formatted, names: Names): Node {
  const within = ({ start: from = 0, end: to = 0 }: { start?: number; end?: number }) => from <= start && end <= to;
  const inPair = (pairs: readonly (readonly [number, number])[] = []) =>
    pairs.some(([from, to]) => from <= start && end <= to);
  const words = text.slice(start, end);
  const link = formatted.link?.find(within);
  const mention = formatted.mention?.find(within);
  let node: Node = document.createTextNode(words);
  if (inPair(formatted.code)) node = h('code', {}, node);
  if (inPair(formatted.italic)) node = h('em', {}, node);
  if (inPair(formatted.bold)) node = h('strong', {}, node);
  if (mention !== undefined) node = h('span', { class: 'mention', title: names.of(mention.user_key) }, node);
  return link?.url !== undefined && isWeb(link.url) ? anchor(link.url, node) : node;
}

function linked(text: string): readonly Node[] {
  const nodes: Node[] = [];
  let at = 0;
  for (const { 0: url, index } of text.matchAll(address)) {
    nodes.push(document.createTextNode(text.slice(at, index)), anchor(url, document.createTextNode(url)));
    at = index + url.length;
  }
  return [...nodes, document.createTextNode(text.slice(at))];
}

const anchor = (href: string, child: Node) => h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, child);

/** What others send leads to the web or nowhere. */
export const isWeb = (url: string): boolean => /^https?:\/\//iu.test(url) && URL.canParse(url);
