// Elements without a framework: `h('button', { class: 'icon', onclick: send }, 'Send')`. Text is text, never markup.

type Listener = (event: never) => void;
export type Attributes = Readonly<Record<string, string | number | boolean | undefined | Listener>>;
export type Child = Node | string | undefined | false;

/** An element. A function under `on…` becomes a listener, `true` an empty attribute; `false` and undefined nothing. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/** Replaces an element's children. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
}

/** Sets or removes an attribute, touching the page only when it differs. */
export function setAttribute(element: Element, name: string, value: string | boolean | undefined): void {
  if (value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== (value === true ? '' : value)) {
    element.setAttribute(name, value === true ? '' : value);
  }
}

/** Brings an element's children in line with a list, by key: what stays is moved, not made again. */
export function reconcile(parent: Element, wanted: readonly Element[]): void {
  const kept = new Set(wanted);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  wanted.forEach((element, index) => {
    const there = parent.children[index];
    if (there !== element) parent.insertBefore(element, there ?? null);
  });
}

/** Runs once, this long after the last call. */
export function afterPause(delayMs: number, run: () => void): { later(): void; now(): void; cancel(): void } {
  let handle: ReturnType<typeof setTimeout> | undefined;
  const cancel = (): void => {
    clearTimeout(handle);
    handle = undefined;
  };
  return {
    cancel,
    later() {
      cancel();
      handle = setTimeout(() => {
        handle = undefined;
        run();
      }, delayMs);
    },
    now() {
      if (handle === undefined) return;
      cancel();
      run();
    },
  };
}
