// From a request to its answer: who may ask, what a test wants to go wrong, the command, the error's shape.
import { setTimeout as delay } from 'node:timers/promises';
import { Binary, Long, Timestamp } from 'bson';
import { rawOf } from '../bson/build.ts';
import { bsonType, fieldOf, isNumber, numberOf, textOf } from '../bson/raw.ts';
import { StoreError, storeError } from '../errors.ts';
import type { Retry } from '../storage/sessions.ts';
import type { Request } from '../wire/message.ts';
import { Arguments } from './arguments.ts';
import type { Engine, Peer, Reply } from './engine.ts';
import { type Failure, failureError, labelled } from './fail-points.ts';
import { sessionId } from './session-id.ts';
import { commandOf, needsNoLogin } from './table.ts';

/** Undefined: the connection is to be closed without an answer. */
export async function dispatch(
  engine: Engine,
  request: Request,
  peer: Peer,
  signal: AbortSignal,
): Promise<Reply | undefined> {
  const stamp = clusterTime(engine);
  try {
    const args = new Arguments(request);
    if (request.form === 'query' && !greetings.has(args.command)) throw tooOld(args.command);
    const { run, fields } = commandOf(args.command, engine);
    if (engine.credentials !== undefined && !peer.authenticated && !needsNoLogin.has(args.command)) {
      throw storeError('Unauthorized', `Command ${args.command} requires authentication`);
    }
    const database = args.text('$db') ?? 'admin';
    const failure = strike(engine, args, database, peer);
    if (failure !== undefined && !failure.afterCommit && (await befall(failure, signal)) === 'closed') return undefined;
    if (fields !== undefined) args.check(fields);
    checkReadConcern(args);
    const retry = retryOf(args);
    const maxTime = args.size('maxTimeMS') ?? 0;
    const reply = await run({
      engine,
      database,
      args,
      peer,
      signal,
      ...(retry === undefined ? {} : { retry }),
      ...(maxTime > 0 ? { deadlineMs: performance.now() + maxTime } : {}),
    });
    if (failure?.afterCommit && (await befall(failure, signal)) === 'closed') return undefined;
    const writeConcernError = failure?.writeConcernError ?? unmetConcern(args);
    const concern = writeConcernError === undefined ? {} : { writeConcernError };
    return labelled({ ...reply, ...concern, ok: 1, ...stamp }, hasNumber(request));
  } catch (error) {
    if (signal.aborted) return undefined;
    return labelled({ ...errorReply(engine, error), ...stamp }, hasNumber(request));
  }
}

/** Waits, throws, or says that the connection is to be closed, as a test wants it. */
async function befall(failure: Failure, signal: AbortSignal): Promise<'closed' | 'goes on'> {
  if (failure.blockTimeMS !== undefined) await delay(failure.blockTimeMS, undefined, { signal });
  if (failure.closeConnection) return 'closed';
  if (failure.errorCode !== undefined) throw failureError(failure);
  return 'goes on';
}

/** What a driver may still ask in the old form, before it knows the server. */
const greetings: ReadonlySet<string> = new Set(['hello', 'isMaster', 'ismaster']);

function tooOld(command: string): Error {
  const message = `Unsupported OP_QUERY command: ${command}. The client driver may require an upgrade.`;
  return storeError('UnsupportedOpQueryCommand', message);
}

function hasNumber(request: Request): boolean {
  return fieldOf(request.body, 'txnNumber') !== undefined;
}

function errorReply(engine: Engine, error: unknown): Reply {
  let shown: StoreError;
  if (error instanceof StoreError) shown = error;
  else {
    engine.log?.({ level: 'error', event: 'store.fault', error: error instanceof Error ? error.stack : String(error) });
    shown = storeError('InternalError', `the store failed: ${error instanceof Error ? error.message : error}`);
  }
  return { ok: 0, errmsg: shown.message, code: shown.code, codeName: shown.codeName, ...shown.detail };
}

function strike(engine: Engine, args: Arguments, database: string, peer: Peer): Failure | undefined {
  const target = args.values.get(args.command);
  const collection = target?.type === bsonType.string ? textOf(target) : '';
  const seen = {
    command: args.command,
    namespace: `${database}.${collection}`,
    ...(peer.appName === undefined ? {} : { appName: peer.appName }),
  };
  return engine.hooks?.failCommand?.(seen) ?? engine.failPoints?.strike(seen);
}

/** The session and number of a retryable write. Throws for a transaction: there are none here. */
function retryOf(args: Arguments): Retry | undefined {
  const number = args.get('txnNumber');
  if (number === undefined) return undefined;
  if (args.get('autocommit') !== undefined || args.get('startTransaction') !== undefined) {
    throw storeError('IllegalOperation', 'multi-document transactions are not supported by this store');
  }
  const session = sessionId(args.document('lsid'));
  if (session === undefined || number.type !== bsonType.long) {
    throw storeError('InvalidOptions', 'Transaction number requires a session ID to also be specified');
  }
  return { session, number: number.bytes.readBigInt64LE(number.start) };
}

/** There are no snapshots here; what one member has is what the majority has. */
function checkReadConcern(args: Arguments): void {
  const readConcern = args.document('readConcern');
  const level = readConcern === undefined ? undefined : fieldOf(readConcern, 'level');
  if (level !== undefined) {
    const text = level.type === bsonType.string ? textOf(level) : '';
    if (text === 'snapshot') throw storeError('InvalidOptions', 'read concern snapshot is not supported by this store');
    if (!['local', 'majority', 'linearizable', 'available'].includes(text)) {
      throw storeError(
        'FailedToParse',
        `Enumeration value '${text}' for field 'readConcern.level' is not a valid value.`,
      );
    }
  }
}

/** One member cannot promise two: as in MongoDB the write is done, and its answer says that the promise is not kept. */
function unmetConcern(args: Arguments): Reply | undefined {
  const writeConcern = args.document('writeConcern');
  const w = writeConcern === undefined ? undefined : fieldOf(writeConcern, 'w');
  if (w === undefined) return undefined;
  const errInfo = { writeConcern };
  if (isNumber(w) && numberOf(w) > 1) {
    return { code: 100, codeName: 'UnsatisfiableWriteConcern', errmsg: 'Not enough data-bearing nodes', errInfo };
  }
  if (w.type !== bsonType.string || textOf(w) === 'majority') return undefined;
  const errmsg = `No write concern mode named '${textOf(w)}' found in replica set configuration`;
  return { code: 79, codeName: 'UnknownReplWriteConcern', errmsg, errInfo };
}

let stamped: { readonly second: number; readonly fields: Reply } | undefined;

/** Sessions ask for a cluster time; one member has its own clock. Made once a second. */
function clusterTime(engine: Engine): Reply {
  const second = Math.floor(engine.now().getTime() / 1000);
  if (stamped?.second !== second) {
    const time = rawOf(new Timestamp({ t: second, i: 1 }));
    const signature = { hash: new Binary(Buffer.alloc(20)), keyId: Long.ZERO };
    stamped = { second, fields: { $clusterTime: rawOf({ clusterTime: time, signature }), operationTime: time } };
  }
  return stamped.fields;
}
