// The console's icons: 24 × 24 outlines, drawn with the colour of the text around them.

const paths = {
  send: 'M4.5 12 3.5 4.8c-.1-.8.7-1.4 1.4-1l15 7.3c.8.4.8 1.5 0 1.9l-15 7.2c-.7.4-1.5-.2-1.4-1L4.5 12Zm0 0h7.5',
  plus: 'M12 5v14M5 12h14',
  compose: 'M12 20h8M16.5 4.5a2.1 2.1 0 0 1 3 3L8 19l-4 1 1-4L16.5 4.5Z',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm9 2-4-4',
  back: 'm14.5 5-7 7 7 7',
  close: 'm6 6 12 12M18 6 6 18',
  more: 'M12 5.5v.01M12 12v.01M12 18.5v.01',
  reply: 'M9 7 4 12l5 5M4.5 12H14a6 6 0 0 1 6 6v1',
  forward: 'm15 7 5 5-5 5m4.5-5H10a6 6 0 0 0-6 6v1',
  react: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm-3.5-7.5c1.8 2.6 5.2 2.6 7 0M9 9.5v.01M15 9.5v.01',
  edit: 'M16.5 4.5a2.1 2.1 0 0 1 3 3L8 19l-4 1 1-4L16.5 4.5Z',
  remove: 'M5 7h14M10 4h4M7 7l.8 12.2c0 .4.4.8.8.8h6.8c.4 0 .8-.4.8-.8L17 7M10.2 11v5M13.8 11v5',
  copy: 'M9 9h10v11H9zM15 9V4H5v11h4',
  members:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6 9c0-3.3 2.7-5.5 6-5.5s6 2.2 6 5.5M16 4.3a3.5 3.5 0 0 1 0 6.4' +
    'M17.5 14.8c2.1.7 3.5 2.6 3.5 5.2',
  pin: 'M9 4h6l-.6 6 2.6 3v1.5H7V13l2.6-3L9 4Zm3 10.5V20',
  mute: 'M18 9.5a6 6 0 0 0-9.6-4.8M6.3 8.3 6 10c-.3 2.5-.8 4-2 5.5V17h11.5M10 20h4M4 4l16 16',
  archive: 'M4 5h16v4H4zM5.5 9v10h13V9M10 13h4',
  down: 'm6 10 6 6 6-6',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-13.5V12l3 2',
  tick: 'm5 12.5 4.5 4.5L19 7.5',
  ticks: 'm2.5 12.5 4.5 4.5 9-9M11.5 16.5l.5.5 9.5-9.5',
  warning: 'M12 8v5m0 3.5v.01M12 3.5 2.8 19.5h18.4L12 3.5Z',
  place:
    'M12 21c4.4-4.6 6.5-8.1 6.5-11a6.5 6.5 0 1 0-13 0c0 2.9 2.1 6.4 6.5 11Zm0-8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8.5c0-3.6 3.4-6 7.5-6s7.5 2.4 7.5 6',
  poll: 'M5 20V11M12 20V4M19 20v-6',
  file: 'M13.5 3.5H6.5v17h11v-13l-4-4Zm0 0v4h4',
  sound: 'M4 10v4h3l5 4.5v-13L7 10H4Zm11.5-1.5a5 5 0 0 1 0 7M18 6a8.5 8.5 0 0 1 0 12',
  picture: 'M4 5h16v14H4zM4 16l4.5-4.5 4 4 2.5-2.5 5 5M15.5 9.5v.01',
  attach: 'm20 11.5-8.2 8.2a5.4 5.4 0 0 1-7.6-7.6l8.6-8.6a3.6 3.6 0 0 1 5.1 5.1l-8.5 8.5a1.8 1.8 0 0 1-2.6-2.6l7.8-7.8',
  leave: 'M14 5H5v14h9M10 12h10m-3.5-3.5L20 12l-3.5 3.5',
} as const;

export type IconName = keyof typeof paths;

const svgNamespace = 'http://www.w3.org/2000/svg';

/** For the eye only: what it means stands in its button's label. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(svgNamespace, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(svgNamespace, 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}
