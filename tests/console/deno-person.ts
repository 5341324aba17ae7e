// Ravi on Deno, from the SDK's sources: says that he is there, answers one question, and goes.
// deno run --allow-net=127.0.0.1 tests/console/deno-person.ts <url> <token> <conversation>

import process from 'node:process';
import { connect } from '../../client/connect.ts';

const [url = '', token = '', conversationId = ''] = process.argv.slice(2);
const client = connect({ url, token: async () => token });
const conversation = client.conversations.get(conversationId);
client.on('message.new', async ({ message }) => {
  if (message.conversation_id !== conversationId || message.content?.text !== 'What is DO?') return;
  await conversation.send({ content: { type: 'text', text: '2.1' } }).stored;
  client.close();
});
conversation.send({ content: { type: 'text', text: 'Here, on Deno' } });
