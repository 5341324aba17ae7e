// MongoDB's failCommand fail point, for tests: a command fails, hangs, loses its connection or its write concern.
// Beyond MongoDB's, `afterCommit: true` lets the command do its work first, so that only its answer is lost.
import { isRaw, rawOf } from '../bson/build.ts';
import { bsonType, elementsOf, fieldOf, fieldsOf, numberOf, type Raw, textOf, truthOf } from '../bson/raw.ts';
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
  readonly failure: Failure;
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
    if (point === undefined || !point.commands.has(seen.command) || point.times <= 0) return undefined;
    if (point.appName !== undefined && point.appName !== seen.appName) return undefined;
    point.times--;
    return point.failure;
  }
}

function parsePoint(data: Raw, mode: Raw): FailPoint {
  const times = mode.type === bsonType.object ? fieldOf(mode, 'times') : undefined;
  const commands = fieldOf(data, 'failCommands');
  const appName = fieldOf(data, 'appName');
  return {
    commands: new Set(commands?.type === bsonType.array ? elementsOf(commands).map(textOf) : []),
    ...(appName === undefined ? {} : { appName: textOf(appName) }),
    failure: parseFailure(data),
    times: times === undefined ? Number.POSITIVE_INFINITY : numberOf(times),
  };
}

function parseFailure(data: Raw): Failure {
  const code = fieldOf(data, 'errorCode');
  const block = fieldOf(data, 'blockTimeMS');
  const concern = fieldOf(data, 'writeConcernError');
  return {
    afterCommit: truthOf(fieldOf(data, 'afterCommit')),
    closeConnection: truthOf(fieldOf(data, 'closeConnection')),
    ...(truthOf(fieldOf(data, 'blockConnection')) && block !== undefined ? { blockTimeMS: numberOf(block) } : {}),
    ...(code === undefined ? {} : { errorCode: numberOf(code) }),
    ...(concern?.type === bsonType.object ? { writeConcernError: Object.fromEntries(fieldsOf(concern)) } : {}),
  };
}

/** Errors after which a driver may send a write again, as MongoDB labels them. */
const retryable: ReadonlyMap<number, string> = new Map([
  [6, 'HostUnreachable'],
  [7, 'HostNotFound'],
  [89, 'NetworkTimeout'],
  [91, 'ShutdownInProgress'],
  [134, 'ReadConcernMajorityNotAvailableYet'],
  [189, 'PrimarySteppedDown'],
  [262, 'ExceededTimeLimit'],
  [9001, 'SocketException'],
  [10107, 'NotWritablePrimary'],
  [11600, 'InterruptedAtShutdown'],
  [11602, 'InterruptedDueToReplStateChange'],
  [13435, 'NotPrimaryNoSecondaryOk'],
  [13436, 'NotPrimaryOrSecondary'],
]);

export function failureError({ errorCode: code = 1, errorLabels }: Failure): StoreError {
  const own = Object.entries(errorCodes).find(([, each]) => each === code)?.[0];
  const name = retryable.get(code) ?? own ?? `Location${code}`;
  const detail = errorLabels === undefined ? {} : { errorLabels };
  return new StoreError(code, name, "Failing command via 'failCommand' failpoint", detail);
}

/** Adds RetryableWriteError where MongoDB does: to a retryable write that failed for a passing reason. */
export function labelled(reply: Reply, isRetryable: boolean): Reply {
  if (!isRetryable || reply.errorLabels !== undefined) return reply;
  const concern = reply.writeConcernError as Reply | undefined;
  if (concern?.errorLabels !== undefined) return { ...reply, errorLabels: concern.errorLabels };
  const code = reply.ok === 0 ? reply.code : concern?.code;
  const number = isRaw(code) ? numberOf(code) : (code as number | undefined);
  return retryable.has(number ?? 0) ? { ...reply, errorLabels: ['RetryableWriteError'] } : reply;
}
