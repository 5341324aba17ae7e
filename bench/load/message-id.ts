// Ids of messages as the SDK makes them (client/request-id.ts): the time first, then chance; made cheaply.

import { randomUUID } from 'node:crypto';

export function messageId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
