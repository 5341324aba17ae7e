// The closed list of reasons why a call fails, each with its gRPC code and its sentence for people.
// The list stands in proto/circuit/errors/v1/reason.proto and nowhere else.

import type { Reason as ReasonEnum } from '../../gen/circuit/errors/v1/reason.ts';
import { reasons } from '../../gen/reasons.ts';

type WithoutPrefix<Name> = Name extends `REASON_${infer Short}` ? Exclude<Short, 'UNSPECIFIED'> : never;

export type Reason = WithoutPrefix<keyof typeof ReasonEnum>;

/** gRPC's status codes by name. */
export const codes = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type CodeName = keyof typeof codes;

export type ReasonRule = {
  /** The reason's number in the enum. */
  readonly number: number;
  readonly code: CodeName;
  /** One sentence that says what is wrong and what to do. */
  readonly message: string;
};

const table: Readonly<Record<Reason, ReasonRule>> = reasons;

/** The code and sentence that go with a reason. */
export function reasonRule(reason: Reason): ReasonRule {
  return table[reason];
}

/** True for the names of the closed list; a newer peer may send others. */
export function isReason(name: string): name is Reason {
  return Object.hasOwn(table, name);
}

const byNumber = new Map(Object.entries(table).map(([name, rule]) => [rule.number, name as Reason]));

/** The reason with this number in the enum, as frames of Link carry it. */
export function reasonByNumber(number: number): Reason | undefined {
  return byNumber.get(number);
}

/** The reason that says no more than a bare gRPC status code does: what an answer without details becomes. */
export function reasonOfCode(code: number): Reason {
  return bareCodes.get(code) ?? 'INTERNAL';
}

const bareCodes: ReadonlyMap<number, Reason> = new Map<number, Reason>([
  [codes.CANCELLED, 'CANCELLED'],
  [codes.INVALID_ARGUMENT, 'INVALID_REQUEST'],
  [codes.DEADLINE_EXCEEDED, 'DEADLINE_EXCEEDED'],
  [codes.NOT_FOUND, 'NOT_FOUND'],
  [codes.PERMISSION_DENIED, 'CALLER_NOT_ALLOWED'],
  [codes.RESOURCE_EXHAUSTED, 'OVERLOADED'],
  [codes.ABORTED, 'CONFLICT'],
  [codes.UNIMPLEMENTED, 'NOT_IMPLEMENTED'],
  [codes.UNAVAILABLE, 'UNAVAILABLE'],
  [codes.UNAUTHENTICATED, 'NOT_SIGNED_IN'],
]);
