// The commands this store knows. Read this first.
import { bsonType, elementsOf } from '../bson/raw.ts';
import { storeError } from '../errors.ts';
import { aggregate } from './aggregate.ts';
import { type Fields, fieldsFrom } from './arguments.ts';
import { collMod } from './coll-mod.ts';
import { create, drop, dropDatabase, listCollections, listDatabases } from './collections.ts';
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

const logout: Command = ({ peer }) => {
  peer.authenticated = false;
  return {};
};

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

/** A command, and the fields it takes besides those that all take. Without: they are not checked. */
export type Entry = { readonly run: Command; readonly fields?: Fields };

/** Of the names those with a ! are needed. */
function entry(run: Command, fields: string): Entry {
  return { run, fields: fieldsFrom(fields) };
}

const forFindAndModify = entry(
  findAndModify,
  'query sort hint remove update new fields upsert bypassDocumentValidation bypassEmptyTsReplacement collation ' +
    'arrayFilters let',
);

const commands: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  ['hello', { run: hello }],
  ['isMaster', { run: hello }],
  ['ismaster', { run: hello }],
  ['ping', { run: nothing }],
  ['buildInfo', { run: buildInfo }],
  ['buildinfo', { run: buildInfo }],
  ['insert', entry(insert, 'documents! ordered bypassDocumentValidation bypassEmptyTsReplacement')],
  ['update', entry(update, 'updates! ordered let bypassDocumentValidation bypassEmptyTsReplacement')],
  ['delete', entry(remove, 'deletes! ordered let')],
  ['findAndModify', forFindAndModify],
  ['findandmodify', forFindAndModify],
  [
    'find',
    entry(
      find,
      'filter projection sort hint skip limit batchSize singleBatch let collation allowDiskUse noCursorTimeout ' +
        'allowPartialResults',
    ),
  ],
  ['getMore', entry(getMore, 'collection! batchSize')],
  ['killCursors', entry(killCursors, 'cursors!')],
  ['count', entry(count, 'query limit skip hint collation fields')],
  ['distinct', entry(distinct, 'key! query hint collation')],
  ['aggregate', entry(aggregate, 'pipeline! cursor allowDiskUse hint let collation bypassDocumentValidation')],
  ['explain', entry(explain, 'verbosity')],
  [
    'create',
    entry(
      create,
      'capped size max validator validationLevel validationAction viewOn pipeline timeseries clusteredIndex ' +
        'expireAfterSeconds changeStreamPreAndPostImages collation autoIndexId idIndex storageEngine',
    ),
  ],
  ['drop', entry(drop, '')],
  ['dropDatabase', entry(dropDatabase, '')],
  ['listCollections', entry(listCollections, 'filter nameOnly cursor authorizedCollections')],
  ['listDatabases', entry(listDatabases, 'filter nameOnly authorizedDatabases')],
  ['collMod', entry(collMod, 'index')],
  ['createIndexes', entry(createIndexes, 'indexes! commitQuorum ignoreUnknownIndexOptions')],
  ['listIndexes', entry(listIndexes, 'cursor')],
  ['dropIndexes', entry(dropIndexes, 'index!')],
  ['endSessions', { run: endSessions }],
  ['saslStart', { run: saslStart }],
  ['saslContinue', { run: saslContinue }],
  ['logout', { run: logout }],
  ['configureFailPoint', { run: configureFailPoint }],
]);

/** Throws CommandNotFound. */
export function commandOf(name: string, engine: Engine): Entry {
  const command = commands.get(name);
  const hidden = name === 'configureFailPoint' && engine.failPoints === undefined;
  if (command === undefined || hidden) throw storeError('CommandNotFound', `no such command: '${name}'`);
  return command;
}
