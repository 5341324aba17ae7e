// The tests of MongoDB's CRUD specification that this store is not held to, each with its reason. Besides, those that
// are for other versions of the server than the one aimed at: they name the versions themselves.

const reasons: readonly { readonly file: RegExp; readonly test?: RegExp; readonly reason: string }[] = [
  { file: /^client-bulkWrite/, reason: "server 8's bulkWrite command is not had" },
  { file: /^create-null-ids/, test: /clientBulkWrite/, reason: "server 8's bulkWrite command is not had" },
  { file: /collation/, reason: 'no collation but the simple one' },
  { file: /./, test: /with collation/i, reason: 'no collation but the simple one' },
  { file: /./, test: /\$out|\$merge|collection with let option/, reason: '$out and $merge are not had' },
  { file: /^aggregate-(out|merge)/, reason: '$out and $merge are not had' },
  { file: /^db-aggregate/, reason: 'no aggregation without a collection ($listLocalSessions, $currentOp)' },
  { file: /^estimatedDocumentCount/, test: /on views/, reason: 'no views' },
  { file: /./, test: /document validation errInfo/, reason: 'no validators on collections' },
  {
    file: /^bypassDocumentValidation/,
    test: /(BulkWrite|FindOneAndReplace|FindOneAndUpdate|InsertMany) passes bypassDocumentValidation: false/,
    reason: 'the driver leaves the option out when it is false: the store never sees it',
  },
  {
    file: /^create-null-ids/,
    test: /insertOne|insertMany|bulkWrite/,
    reason: 'the driver puts an ObjectId where _id is null: the store never sees it',
  },
];

/** Why a test is left out; undefined: it must pass. */
export function outOfScope(file: string, test: string): string | undefined {
  return reasons.find((each) => each.file.test(file) && (each.test?.test(test) ?? true))?.reason;
}

export const outOfScopeReasons: readonly string[] = [...new Set(reasons.map(({ reason }) => reason))];
