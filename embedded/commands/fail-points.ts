// MongoDB's failCommand fail point, for tests: a command fails, hangs, loses its connection or its write concern.
// Beyond MongoDB's, `afterCommit: true` lets the command do its work first, so that only its answer is lost.
import { rawOf } from '../bson/build.ts';
import { bsonType, elementsOf, fieldOf, fieldsOf, isNumber, numberOf, type Raw, textOf, truthOf } from '../bson/raw.ts';
import { errorCodes, StoreError, storeError } from '../errors.ts';
import type { Arguments } from './arguments.ts';
import type { Reply } from './engine.ts';

/** What befalls a command. Fields as in MongoDB's failCommand. */
export type Failure = {
  readonly afterCommit?: boolean;
  readonly blockTimeMS?: number;
  readonly closeConnection?: boolean;
  readonly errorCode?: number;
  readonly errorLabels?: readonly string[];
  readonly writeConcernError?: Readonly<Record<string, unknown>>;
};

export type CommandSeen = { readonly command: string; readonly namespace: string; readonly appName?: string };

type FailPoint = {
  readonly commands: ReadonlySet<string>;
  readonly appName?: string;
  readonly namespace?: string;
  readonly failure: Failure;
  skip: number;
  times: number;
};

export class FailPoints {
  private point: FailPoint | undefined;

  /** configureFailPoint. Throws for any fail point but failCommand. */
  configure(args: Arguments): Reply {
    const name = args.text('configureFailPoint');
    if (name !== 'failCommand')
      throw storeError('BadValue', `fail point '${name}' does not exist; only failCommand does`);
    const mode = args.get('mode');
    if (mode === undefined) throw storeError('FailedToParse', 'configureFailPoint needs a mode');
    if (mode.type === bsonType.string && textOf(mode) === 'off') this.point = undefined;
    else this.point = parsePoint(args.document('data') ?? rawOf({}), mode);
    return {};
  }

  /** What is to befall this command; counts it. */
  strike(seen: CommandSeen): Failure | undefined {
    const { point } = this;
    if (point === undefined || !point.commands.has(seen.command)) return undefined;
    if (point.appName !== undefined && point.appName !== seen.appName) return undefined;
    if (point.namespace !== undefined && point.namespace !== seen.namespace) return undefined;
    if (point.skip > 0) {
      point.skip--;
      return undefined;
    }
    if (point.times <= 0) return undefined;
    point.times--;
    return point.failure;
  }
}

function parsePoint(data: Raw, mode: Raw): FailPoint {
  const times = mode.type === bsonType.object ? fieldOf(mode, 'times') : undefined;
  const skip = mode.type === bsonType.object ? fieldOf(mode, 'skip') : undefined;
  const commands = fieldOf(data, 'failCommands');
  const appName = fieldOf(data, 'appName');
  const namespace = fieldOf(data, 'namespace');
  return {
    commands: new Set(commands?.type === bsonType.array ? elementsOf(commands).map(textOf) : []),
    ...(appName === undefined ? {} : { appName: textOf(appName) }),
    ...(namespace === undefined ? {} : { namespace: textOf(namespace) }),
    failure: parseFailure(data),
    skip: skip === undefined ? 0 : numberOf(skip),
    times: times === undefined ? Number.POSITIVE_INFINITY : numberOf(times),
  };
}

function parseFailure(data: Raw): Failure {
  const code = fieldOf(data, 'errorCode');
  const block = fieldOf(data, 'blockTimeMS');
  const labels = fieldOf(data, 'errorLabels');
  const concern = fieldOf(data, 'writeConcernError');
  return {
    afterCommit: truthOf(fieldOf(data, 'afterCommit')),
    closeConnection: truthOf(fieldOf(data, 'closeConnection')),
    ...(truthOf(fieldOf(data, 'blockConnection')) && block !== undefined ? { blockTimeMS: numberOf(block) } : {}),
    ...(code !== undefined && isNumber(code) ? { errorCode: numberOf(code) } : {}),
    ...(labels?.type === bsonType.array ? { errorLabels: elementsOf(labels).map(textOf) } : {}),
    ...(concern?.type === bsonType.object ? { writeConcernError: Object.fromEntries(fieldsOf(concern)) } : {}),
  };
}

/** Codes after which a driver may send a write again, as MongoDB labels them. */
const retryableCodes: ReadonlySet<number> = new Set([
  6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
]);

const codeNames: ReadonlyMap<number, string> = new Map([
  ...Object.entries(errorCodes).map(([name, code]): [number, string] => [code, name]),
  [6, 'HostUnreachable'],
  [7, 'HostNotFound'],
  [50, 'MaxTimeMSExpired'],
  [64, 'WriteConcernTimeout'],
  [89, 'NetworkTimeout'],
  [91, 'ShutdownInProgress'],
  [112, 'WriteConflict'],
  [189, 'PrimarySteppedDown'],
  [262, 'ExceededTimeLimit'],
  [9001, 'SocketException'],
  [10107, 'NotWritablePrimary'],
  [11600, 'InterruptedAtShutdown'],
  [11602, 'InterruptedDueToReplStateChange'],
  [13435, 'NotPrimaryNoSecondaryOk'],
  [13436, 'NotPrimaryOrSecondary'],
]);

export function failureError({ errorCode, errorLabels }: Failure): StoreError {
  const code = errorCode ?? 1;
  const detail = errorLabels === undefined ? {} : { errorLabels };
  return new StoreError(
    code,
    codeNames.get(code) ?? `Location${code}`,
    "Failing command via 'failCommand' failpoint",
    detail,
  );
}

/** Adds RetryableWriteError where MongoDB does: to a retryable write that failed for a passing reason. */
export function labelled(reply: Reply, retryable: boolean): Reply {
  if (!retryable || reply.errorLabels !== undefined) return reply;
  const concern = reply.writeConcernError as Readonly<Record<string, unknown>> | undefined;
  if (concern?.errorLabels !== undefined) return { ...reply, errorLabels: concern.errorLabels };
  const code = reply.ok === 0 ? reply.code : codeOf(concern?.code);
  return typeof code === 'number' && retryableCodes.has(code)
    ? { ...reply, errorLabels: ['RetryableWriteError'] }
    : reply;
}

function codeOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : value === undefined ? undefined : numberOf(value as Raw);
}
