// Runs one test of a unified test file against a store: entities, initial data, operations, events, outcome.
import { BSON } from 'bson';
import {
  type Collection,
  type CommandStartedEvent,
  type CommandSucceededEvent,
  type Db,
  MongoClient,
  MongoError,
} from 'mongodb';
import { matchExpected } from './match-expected.ts';
import { runOperation } from './run-operation.ts';
import type { CollectionContents, Operation, TestCase, TestFile, Values } from './unified-format.ts';

type SeenEvent = { readonly kind: string; readonly event: Values };

type EntitySpec = {
  readonly id: string;
  readonly observeEvents?: readonly string[];
  readonly uriOptions?: object;
  readonly client: string;
  readonly database: string;
  readonly databaseName: string;
  readonly databaseOptions?: object;
  readonly collectionName: string;
  readonly collectionOptions?: object;
};

type Entities = {
  readonly clients: Map<string, MongoClient>;
  readonly databases: Map<string, Db>;
  readonly collections: Map<string, Collection>;
  readonly events: Map<string, SeenEvent[]>;
};

export async function runTest(uri: string, file: TestFile, test: TestCase): Promise<void> {
  const admin = new MongoClient(uri);
  const entities: Entities = { clients: new Map(), databases: new Map(), collections: new Map(), events: new Map() };
  try {
    for (const contents of file.initialData ?? []) await fill(admin, contents);
    for (const entity of file.createEntities) await createEntity(uri, entity, entities);
    for (const events of entities.events.values()) events.length = 0;
    for (const operation of test.operations) await check(admin, operation, entities);
    for (const expected of test.expectEvents ?? [])
      matchEvents(expected.events, entities.events.get(expected.client) ?? []);
    for (const contents of test.outcome ?? []) await checkOutcome(admin, contents);
  } finally {
    await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
    for (const client of entities.clients.values()) await client.close();
    await admin.close();
  }
}

async function fill(
  admin: MongoClient,
  { databaseName, collectionName, documents }: CollectionContents,
): Promise<void> {
  const collection = admin.db(databaseName).collection(collectionName);
  await collection.drop();
  if (documents.length > 0) await collection.insertMany(documents as never);
}

async function createEntity(uri: string, entity: Values, entities: Entities): Promise<void> {
  const [kind, spec] = Object.entries(entity)[0] as [string, EntitySpec];
  if (kind === 'client') {
    const observed = spec.observeEvents ?? [];
    const client = new MongoClient(uri, { ...spec.uriOptions, monitorCommands: observed.length > 0 });
    const events: SeenEvent[] = [];
    if (observed.includes('commandStartedEvent')) {
      client.on('commandStarted', (event: CommandStartedEvent) =>
        events.push({
          kind: 'commandStartedEvent',
          event: { ...event, command: event.command, databaseName: event.databaseName, commandName: event.commandName },
        }),
      );
    }
    if (observed.includes('commandSucceededEvent')) {
      client.on('commandSucceeded', (event: CommandSucceededEvent) =>
        events.push({
          kind: 'commandSucceededEvent',
          event: { reply: event.reply, commandName: event.commandName } as Values,
        }),
      );
    }
    entities.clients.set(spec.id, client);
    entities.events.set(spec.id, events);
    await client.connect();
  } else if (kind === 'database') {
    const client = entities.clients.get(spec.client)!;
    entities.databases.set(spec.id, client.db(spec.databaseName, spec.databaseOptions));
  } else if (kind === 'collection') {
    const database = entities.databases.get(spec.database)!;
    entities.collections.set(spec.id, database.collection(spec.collectionName, spec.collectionOptions));
  } else throw new Error(`entity ${kind} is not known to this runner`);
}

async function check(admin: MongoClient, operation: Operation, entities: Entities): Promise<void> {
  const { expectError, expectResult } = operation;
  let result: unknown;
  try {
    result = await perform(admin, operation, entities);
  } catch (error) {
    // Only what the driver or the server says is an error of the operation; anything else is this runner's own.
    if (expectError === undefined || !(error instanceof MongoError)) throw error;
    matchError(expectError, error);
    return;
  }
  if (expectError !== undefined)
    throw new Error(`${operation.name} was to fail and did not: ${JSON.stringify(expectError)}`);
  if (expectResult !== undefined) matchExpected(expectResult, result);
}

function perform(admin: MongoClient, operation: Operation, entities: Entities): Promise<unknown> {
  if (operation.object === 'testRunner') {
    if (operation.name !== 'failPoint') throw new Error(`${operation.name} is not known to this runner`);
    return admin.db('admin').command(operation.arguments!.failPoint as never);
  }
  const collection = entities.collections.get(operation.object);
  if (collection !== undefined) return runOperation(collection, operation);
  throw new Error(`${operation.name} on ${operation.object} is not known to this runner`);
}

function matchError(expected: Values, error: MongoError): void {
  const seen = error as MongoError & { readonly errorResponse?: Values; readonly result?: unknown };
  const fromServer = seen.code !== undefined || seen.errorResponse !== undefined;
  if (expected.isClientError === true && fromServer)
    throw new Error(`expected an error of the client, got ${seen.message}`);
  if (expected.isClientError === false && !fromServer)
    throw new Error(`expected an error of the server, got ${seen.message}`);
  if (
    expected.errorContains !== undefined &&
    !seen.message.toLowerCase().includes(String(expected.errorContains).toLowerCase())
  ) {
    throw new Error(`expected an error with "${expected.errorContains}", got "${seen.message}"`);
  }
  if (expected.errorCode !== undefined && seen.code !== expected.errorCode) {
    throw new Error(`expected code ${expected.errorCode}, got ${seen.code}: ${seen.message}`);
  }
  if (expected.errorResponse !== undefined) matchExpected(expected.errorResponse, seen.errorResponse);
  if (expected.expectResult !== undefined) matchExpected(expected.expectResult, seen.result);
}

function matchEvents(expected: readonly Values[], seen: readonly SeenEvent[]): void {
  if (seen.length !== expected.length) {
    throw new Error(`expected ${expected.length} events, got ${JSON.stringify(seen.map(({ event }) => event))}`);
  }
  expected.forEach((each, i) => {
    const [kind, body] = Object.entries(each)[0] as [string, Values];
    const { kind: seenKind, event } = seen[i]!;
    if (seenKind !== kind) throw new Error(`expected ${kind}, got ${seenKind}`);
    for (const [name, value] of Object.entries(body)) matchExpected(value, plain(event[name]), true, `${kind}.${name}`);
  });
}

/** As the values that went over the wire: drivers hold sorts as Maps, for one. */
function plain(value: unknown): unknown {
  return BSON.deserialize(BSON.serialize({ value })).value;
}

async function checkOutcome(
  admin: MongoClient,
  { databaseName, collectionName, documents }: CollectionContents,
): Promise<void> {
  const collection = admin.db(databaseName).collection(collectionName);
  const found = await collection.find({}, { sort: { _id: 1 } }).toArray();
  matchExpected(documents, found, false, `${databaseName}.${collectionName}`);
}
