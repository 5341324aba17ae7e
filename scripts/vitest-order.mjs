// What takes longest begins first, so that no worker waits for the other at the end; and files that share a process
// stand together, for a process is kept only for a next one of its kind.

import { BaseSequencer } from 'vitest/node';

const longest = ['/tests/chaos/', '/tests/processes/', '/tests/console/', '/tests/examples/', '/tests/'];

export class Order extends BaseSequencer {
  async sort(files) {
    const sorted = await super.sort(files);
    return sorted.sort((one, other) => turnOf(one) - turnOf(other));
  }
}

function turnOf({ moduleId, project }) {
  if (project.config.isolate === false) return longest.length + 1;
  const turn = longest.findIndex((folder) => moduleId.includes(folder));
  return turn < 0 ? longest.length : turn;
}
