// hello and its relatives: this store presents itself as the primary of a replica set of one member. It names no
// topologyVersion: so drivers ask now and then instead of keeping a hello open for news there will never be.
import { Long, ObjectId, Timestamp } from 'bson';
import { bsonType, fieldOf, textOf } from '../bson/raw.ts';
import { messageBytesMax } from '../wire/message.ts';
import type { Call, Reply } from './engine.ts';
import { statementsMax } from './write.ts';

export const setName = 'circuit';

/** The version whose behaviour is aimed at. */
export const version = '8.0.0';
/** Wire version 25 is MongoDB 8.0's; its `bulkWrite` command is not had, so 24 (7.3) is announced. */
const maxWireVersion = 24;

export function hello({ args, engine, peer }: Call): Reply {
  const client = args.document('client');
  const application = client === undefined ? undefined : fieldOf(client, 'application');
  const name = application?.type === bsonType.object ? fieldOf(application, 'name') : undefined;
  if (name?.type === bsonType.string) peer.appName = textOf(name);
  const asksMechanisms = args.get('saslSupportedMechs') !== undefined && engine.credentials !== undefined;
  const address = peer.reachedAt;
  const modern = args.command === 'hello';
  return {
    ...(args.get('helloOk') === undefined ? {} : { helloOk: true }),
    ...(modern ? { isWritablePrimary: true } : { ismaster: true, isWritablePrimary: true }),
    setName,
    setVersion: 1,
    secondary: false,
    primary: address,
    hosts: [address],
    me: address,
    electionId: new ObjectId('7fffffff0000000000000001'),
    lastWrite: { opTime: { ts: new Timestamp({ t: 1, i: 1 }), t: Long.ONE }, lastWriteDate: engine.now() },
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxMessageSizeBytes: messageBytesMax,
    maxWriteBatchSize: statementsMax,
    localTime: engine.now(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: 1,
    minWireVersion: 0,
    maxWireVersion,
    readOnly: false,
    ...(asksMechanisms ? { saslSupportedMechs: ['SCRAM-SHA-256'] } : {}),
  };
}

export function buildInfo(): Reply {
  return {
    version,
    versionArray: version.split('.').map(Number).concat(0).slice(0, 4),
    gitVersion: 'circuit-embedded',
    modules: [],
    storageEngines: ['lmdb'],
    maxBsonObjectSize: 16 * 1024 * 1024,
    bits: 64,
    debug: false,
  };
}
