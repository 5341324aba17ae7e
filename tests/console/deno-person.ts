// Ravi on Deno, from the SDK's sources: answers the first message of a conversation, and goes.
// deno run --allow-net=127.0.0.1 tests/console/deno-person.ts <url> <token> <conversation>

import { connect } from '../../client/connect.ts';

declare const Deno: { readonly args: readonly string[] };

const [url = '', token = '', conversationId = ''] = Deno.args;
const client = connect({ url, token: async () => token });
client.on('message.new', async ({ message }) => {
  if (message?.conversation_id !== conversationId || message.content?.text !== 'Are you on Deno?') return;
  await client.conversations.get(conversationId).send({ content: { type: 'text', text: 'Yes, on Deno' } }).stored;
  client.close();
});
