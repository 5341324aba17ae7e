// How a menu is asked for where there is no button: the other mouse button, or a long press. A browser's own
// `contextmenu` does not come from every touch screen, so a long press is timed here.

const longPressMs = 450;
/** A finger that moves further than this scrolls. */
const stillPx = 10;

/** Calls `open` when the menu of this element is asked for. Selected text keeps the browser's own menu. */
export function onMenuGesture(element: HTMLElement, open: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let from = { x: 0, y: 0 };
  const cancel = (): void => clearTimeout(timer);
  element.addEventListener('contextmenu', (event) => {
    if (getSelection()?.isCollapsed === false) return;
    event.preventDefault();
    if ((event as PointerEvent).pointerType !== 'touch') open();
  });
  element.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'touch') return;
    from = { x: event.clientX, y: event.clientY };
    cancel();
    timer = setTimeout(open, longPressMs);
  });
  element.addEventListener('pointermove', (event) => {
    if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > stillPx) cancel();
  });
  for (const end of ['pointerup', 'pointercancel', 'pointerleave']) element.addEventListener(end, cancel);
}
