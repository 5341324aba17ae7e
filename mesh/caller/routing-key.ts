// The value of a request that decides which process answers.

import type { MethodSchema } from '../schema/api.ts';

/** Empty where the method is not routed or the request lacks the field; of a topic, what stands behind its colon. */
export function routingKeyOf(method: MethodSchema, request: Uint8Array): string {
  if (method.routeBy === '') return '';
  const value = method.request.readField(request, method.routeBy);
  return method.routeBy === 'topic' ? value.slice(value.indexOf(':') + 1) : value;
}
