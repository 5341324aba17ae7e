// The commands this store knows. Read this first.
import { bsonType, elementsOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { aggregate } from './aggregate.ts';
import { collMod } from './coll-mod.ts';
import { collStats, create, drop, dropDatabase, listCollections, listDatabases } from './collections.ts';
import { count, distinct } from './count-distinct.ts';
import { remove } from './delete.ts';
import type { Command, Engine } from './engine.ts';
import { explain } from './explain.ts';
import { find, getMore, killCursors } from './find.ts';
import { findAndModify } from './find-and-modify.ts';
import { buildInfo, hello } from './handshake.ts';
import { createIndexes, dropIndexes, listIndexes } from './indexes.ts';
import { insert } from './insert.ts';
import { saslContinue, saslStart } from './scram.ts';
import { sessionId } from './session-id.ts';
import { update } from './update.ts';

const nothing: Command = () => ({});

const endSessions: Command = async ({ args, engine }) => {
  const sessions = args.get('endSessions');
  const ids = sessions?.type === bsonType.array ? elementsOf(sessions).map(sessionId) : [];
  await engine.sessions.forget(ids.filter((id) => id !== undefined));
  return {};
};

const configureFailPoint: Command = ({ args, engine }) => engine.failPoints?.configure(args) ?? {};

/** What may be asked before a login. */
export const needsNoLogin: ReadonlySet<string> = new Set([
  'hello',
  'isMaster',
  'ismaster',
  'ping',
  'buildInfo',
  'saslStart',
  'saslContinue',
  'logout',
]);

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['hello', hello],
  ['isMaster', hello],
  ['ismaster', hello],
  ['ping', nothing],
  ['buildInfo', buildInfo],
  ['buildinfo', buildInfo],
  ['insert', insert],
  ['update', update],
  ['delete', remove],
  ['findAndModify', findAndModify],
  ['findandmodify', findAndModify],
  ['find', find],
  ['getMore', getMore],
  ['killCursors', killCursors],
  ['count', count],
  ['distinct', distinct],
  ['aggregate', aggregate],
  ['explain', explain],
  ['create', create],
  ['drop', drop],
  ['dropDatabase', dropDatabase],
  ['listCollections', listCollections],
  ['listDatabases', listDatabases],
  ['collStats', collStats],
  ['collMod', collMod],
  ['createIndexes', createIndexes],
  ['listIndexes', listIndexes],
  ['dropIndexes', dropIndexes],
  ['endSessions', endSessions],
  ['saslStart', saslStart],
  ['saslContinue', saslContinue],
  ['logout', nothing],
  ['configureFailPoint', configureFailPoint],
  ['killSessions', nothing],
  ['killAllSessions', nothing],
  ['refreshSessions', nothing],
]);

/** Throws CommandNotFound. */
export function commandOf(name: string, engine: Engine): Command {
  const command = commands.get(name);
  const hidden = name === 'configureFailPoint' && engine.failPoints === undefined;
  if (command === undefined || hidden) throw storeError('CommandNotFound', `no such command: '${name}'`);
  return command;
}
