// Errors with MongoDB's numbers and names. What is thrown as a StoreError becomes the command's answer.

/** The codes this store answers with, by MongoDB's name for each. */
export const errorCodes = {
  InternalError: 1,
  BadValue: 2,
  FailedToParse: 9,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  ProtocolError: 17,
  AuthenticationFailed: 18,
  IllegalOperation: 20,
  InvalidBSON: 22,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  InvalidIdField: 53,
  NotSingleValueField: 54,
  EmptyFieldName: 56,
  OutOfDiskSpace: 14031,
  InvalidIndexSpecificationOption: 197,
  ShutdownInProgress: 91,
  InvalidPipelineOperator: 168,
  CannotIndexParallelArrays: 171,
  QueryPlanKilled: 175,
  CursorInUse: 12051,
  CannotBackfillArray: 15891,
  IndexBuildAborted: 276,
  UnsupportedOpQueryCommand: 352,
  TransactionTooOld: 225,
  Unauthorized: 13,
  OperationFailed: 96,
  QueryExceededMemoryLimitNoDiskUseAllowed: 292,
  NoQueryExecutionPlans: 291,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
} as const;

export type ErrorName = keyof typeof errorCodes;

export class StoreError extends Error {
  readonly code: number;
  readonly codeName: string;
  /** Further fields of the answer, such as keyPattern and keyValue. */
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: number, codeName: string, message: string, detail: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'StoreError';
    this.code = code;
    this.codeName = codeName;
    this.detail = detail;
  }
}

/** An error by MongoDB's name. */
export function storeError(name: ErrorName, message: string, detail?: Readonly<Record<string, unknown>>): StoreError {
  return new StoreError(errorCodes[name], name, message, detail);
}

/** An error whose code has no name: MongoDB calls those Location<code>. */
export function numberedError(code: number, message: string): StoreError {
  return new StoreError(code, `Location${code}`, message);
}
