// Errors towards apps: the `error` of a socket's reply, and the body of an HTTP answer (RFC 9457).

import { STATUS_CODES } from 'node:http';
import type { CircuitError, Violation } from './circuit-error.ts';
import { type CodeName, type Reason, reasonRule } from './reasons.ts';

export type ErrorJson = {
  readonly code: CodeName;
  readonly reason: Reason;
  readonly message: string;
  /** 0: the reason says whether to try again at all; no wait is asked for. */
  readonly retry_after_ms: number;
  readonly violations?: readonly Violation[];
  /** Variables of the message, such as `error_id` of an INTERNAL. */
  readonly metadata?: Readonly<Record<string, string>>;
};

export type Problem = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
};

const httpStatus: Readonly<Record<CodeName, number>> = {
  CANCELLED: 499,
  UNKNOWN: 500,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  OUT_OF_RANGE: 400,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DATA_LOSS: 500,
  UNAUTHENTICATED: 401,
};

/** Where HTTP has a status of its own for a reason. */
const httpStatusOfReason: Partial<Readonly<Record<Reason, number>>> = {
  METHOD_NOT_ALLOWED: 405,
  TOO_LARGE: 413,
  OVERLOADED: 503,
  POSITION_GONE: 410,
};

/** What a status is called; Node has old names for some, and 499 is a proxy's. */
export function statusTitle(status: number): string {
  if (status === 413) return 'Content Too Large';
  if (status === 499) return 'Client Closed Request';
  return STATUS_CODES[status] ?? '';
}

/** The `error` of a reply on the socket. The cause never is in it. */
export function errorJson(error: CircuitError): ErrorJson {
  const { retryAfterMs = 0, violations, metadata } = error.details;
  return {
    code: reasonRule(error.reason).code,
    reason: error.reason,
    message: error.message,
    retry_after_ms: Math.ceil(retryAfterMs),
    ...(violations?.length ? { violations } : {}),
    ...(metadata && Object.keys(metadata).length > 0 ? { metadata } : {}),
  };
}

/** The HTTP answer of an error: status, `application/problem+json`, `Retry-After` in seconds, `WWW-Authenticate`. */
export function problem(error: CircuitError, headers: Readonly<Record<string, string>> = {}): Problem {
  const json = errorJson(error);
  const status = httpStatusOfReason[error.reason] ?? httpStatus[json.code];
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      ...(json.retry_after_ms > 0 ? { 'Retry-After': String(Math.ceil(json.retry_after_ms / 1000)) } : {}),
      ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
      ...headers,
    },
    body: JSON.stringify({
      type: 'about:blank',
      title: statusTitle(status),
      status,
      detail: json.message,
      ...json,
    }),
  };
}
