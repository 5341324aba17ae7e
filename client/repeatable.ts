// Which calls may be made again when their answer was lost. Those that carry an id of their own may always; of the
// others these, which read only or set something to a value.

const repeatable: ReadonlySet<string> = new Set([
  'conversation.get',
  'conversation.list',
  'conversation.read',
  'conversation.delivered',
  'conversation.mute',
  'conversation.pin',
  'conversation.archive',
  'conversation.draft',
  'member.list',
  'message.get',
  'message.list',
  'message.edits',
  'message.reactions',
  'message.receipts',
  'typing.start',
  'typing.stop',
  'sync',
]);

export function isRepeatable(event: string, request: object): boolean {
  return 'request_id' in request || 'client_message_id' in request || repeatable.has(event);
}
