// The commands this store knows. Read this first.
import { storeError } from '../errors.ts';
import { aggregate } from './aggregate.ts';
import { collStats, create, drop, dropDatabase, listCollections, listDatabases } from './collections.ts';
import { count, distinct } from './count-distinct.ts';
import { remove } from './delete.ts';
import type { Command } from './engine.ts';
import { explain } from './explain.ts';
import { find, getMore, killCursors } from './find.ts';
import { findAndModify } from './find-and-modify.ts';
import { buildInfo, hello } from './handshake.ts';
import { createIndexes, dropIndexes, listIndexes } from './indexes.ts';
import { insert } from './insert.ts';
import { update } from './update.ts';

const nothing: Command = () => ({});

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
  ['createIndexes', createIndexes],
  ['listIndexes', listIndexes],
  ['dropIndexes', dropIndexes],
  ['endSessions', nothing],
  ['killSessions', nothing],
  ['killAllSessions', nothing],
  ['refreshSessions', nothing],
]);

/** Throws CommandNotFound. */
export function commandOf(name: string): Command {
  const command = commands.get(name);
  if (command === undefined) throw storeError('CommandNotFound', `no such command: '${name}'`);
  return command;
}
