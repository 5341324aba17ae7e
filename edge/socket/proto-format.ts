// Subprotocol `circuit.v1.proto`: binary frames of circuit.socket.v1, for apps that count bytes.

import { ClientFrame, ServerFrame } from '../../gen/circuit/socket/v1/socket_service.ts';
import type { CircuitError } from '../../mesh/errors/circuit-error.ts';
import { errorJson } from '../../mesh/errors/problem.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { MessageSchema } from '../../mesh/schema/api.ts';
import { type ClientRequest, type Format, isRequestId, type Malformed } from './format.ts';

export const protoFormat: Format<Uint8Array> = {
  name: 'proto',
  subprotocol: 'circuit.v1.proto',
  binary: true,
  mark: 'p',

  read(frame: ArrayBuffer, isBinary: boolean): ClientRequest | Malformed {
    if (!isBinary) return malformed('this subprotocol has binary frames');
    try {
      // A copy, since the decoded bytes are a view of it and outlive the call.
      const request = ClientFrame.decode(new Uint8Array(frame.slice(0)));
      return isRequestId(request.id) ? request : malformed('`id` is no integer from 1 to 2^53 - 1');
    } catch {
      return malformed('not a ClientFrame');
    }
  },

  encode(_schema: MessageSchema, data: unknown): Uint8Array {
    return data as Uint8Array;
  },

  reply(id: number, _schema: MessageSchema, response: Uint8Array): Uint8Array {
    return ServerFrame.encode({
      kind: { $case: 'reply', value: { id, data: response, error: undefined } },
    }).finish();
  },

  failure(id: number | undefined, error: CircuitError): Uint8Array {
    const { code, reason, message, retry_after_ms, violations = [], metadata = {} } = errorJson(error);
    const failure = {
      code,
      reason,
      message,
      retryAfterMs: retry_after_ms,
      violations,
      metadata: new Map(Object.entries(metadata)),
    };
    return ServerFrame.encode({
      kind: { $case: 'reply', value: { id: id ?? 0, data: undefined, error: failure } },
    }).finish();
  },

  event(event, topic, seq, _schema, data): Uint8Array {
    return ServerFrame.encode({ kind: { $case: 'event', value: { event, topic, seq, data } } }).finish();
  },
};

function malformed(what: string): Malformed {
  return { id: undefined, error: refuse('MALFORMED_FRAME', { metadata: { what } }) };
}
