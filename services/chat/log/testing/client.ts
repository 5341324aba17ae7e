// An app's view of one conversation: applies events in the order of the log, drops what it has, asks for what it lacks,
// and applies a change to a message only above the `changed` that the message has.

import {
  MessageDeletedEvent,
  MessageNewEvent,
  MessageReactionEvent,
  MessageUpdatedEvent,
} from '../../../../gen/circuit/chat/v1/events.ts';
import type { TopicEvent } from '../../../../gen/circuit/link/v1/topic_service.ts';

export type Shown = {
  text: string | undefined;
  changed: number;
  /** It was edited, and the event did not say to what: the app reads it. */
  isWithheld: boolean;
  reactions: Map<string, Set<string>>;
};

export class Client {
  /** The newest number that it has, with all below. */
  position = 0;
  readonly messages = new Map<string, Shown>();
  readonly #held = new Map<number, TopicEvent>();

  /** In whatever order, as often as they come. */
  take(event: TopicEvent): void {
    if (event.seq <= this.position) return;
    this.#held.set(event.seq, event);
    for (let next = this.#held.get(this.position + 1); next !== undefined; next = this.#held.get(this.position + 1)) {
      this.#held.delete(next.seq);
      this.position = next.seq;
      this.#apply(next);
    }
  }

  #apply({ event, data, seq }: TopicEvent): void {
    switch (event) {
      case 'message.new': {
        const { message } = MessageNewEvent.decode(data);
        const reactions = new Map(message!.reactions.map(({ emoji, userKeys }) => [emoji, new Set(userKeys)]));
        const { messageId, content, changed } = message!;
        this.messages.set(messageId, { text: content?.text, changed, isWithheld: false, reactions });
        return;
      }
      case 'message.updated': {
        const { messageId, content } = MessageUpdatedEvent.decode(data);
        this.#change(messageId, seq, (message) => {
          if (content !== undefined) message.text = content.text;
          message.isWithheld = content === undefined;
        });
        return;
      }
      case 'message.deleted':
        this.#change(MessageDeletedEvent.decode(data).messageId, seq, (message) => {
          message.text = undefined;
          message.isWithheld = false;
          message.reactions.clear();
        });
        return;
      case 'message.reaction': {
        const { messageId, emoji, userKey, removed } = MessageReactionEvent.decode(data);
        this.#change(messageId, seq, ({ reactions }) => {
          const users = reactions.get(emoji) ?? new Set();
          if (removed) users.delete(userKey);
          else users.add(userKey);
          if (users.size === 0) reactions.delete(emoji);
          else reactions.set(emoji, users);
        });
      }
    }
  }

  #change(messageId: string, seq: number, how: (message: Shown) => void): void {
    const message = this.messages.get(messageId);
    if (message === undefined || message.changed >= seq) return;
    how(message);
    message.changed = seq;
  }
}
