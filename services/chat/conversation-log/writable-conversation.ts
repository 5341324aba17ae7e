// A conversation opened for writing: a view with a place in the queue, which the first append fills.

import type { Context } from '../../../mesh/service/context.ts';
import type { Entry, NewEntry } from '../documents/entry.ts';
import { aboutOf } from '../log/about.ts';
import type { OpenLog } from '../log/open-log.ts';
import type { Place } from '../log/operation.ts';
import { findMessage } from './apply-change.ts';
import { emojisName, membersName, messageName, reactionName } from './conversation-kind.ts';
import type { AppendOptions, Change, Documents, Nothing, OpenConversation } from './conversation-log.ts';
import { withQuotes } from './quotes.ts';
import type { ConversationState } from './state.ts';
import { View, type ViewDocuments } from './view.ts';

export class WritableConversation extends View implements OpenConversation {
  readonly #log: OpenLog<ConversationState, Entry, NewEntry>;
  readonly #documents: ViewDocuments;
  readonly #nextId: () => Promise<string>;
  /** Until it is filled. */
  #place: Place<ConversationState, Entry, NewEntry> | undefined;

  constructor(
    log: OpenLog<ConversationState, Entry, NewEntry>,
    place: Place<ConversationState, Entry, NewEntry>,
    documents: ViewDocuments,
    nextId: () => Promise<string>,
  ) {
    super(log.state, documents);
    this.#log = log;
    this.#place = place;
    this.#documents = documents;
    this.#nextId = nextId;
  }

  async append<Read = undefined>(context: Context, options: AppendOptions<Read>): Promise<Change> {
    const place = this.#place ?? this.#log.enter();
    // The first place is given back by whoever took it.
    if (this.#place === undefined) context.onEnd(() => this.#log.leave(place));
    this.#place = undefined;
    const { senderKey, requestId, about, after = '', rows = [], read, decide } = options;
    const result = await this.#log.submit(
      place,
      {
        senderKey,
        requestId,
        about: aboutOf(about),
        after,
        users: senderKey.startsWith(userSender) ? [senderKey.slice(userSender.length), ...rows] : rows,
        read: read && ((names) => read(this.#documentsFor(names))),
        decide: decide as (state: ConversationState, found: unknown) => NewEntry | Nothing,
        now: context.now,
        signal: context.abortable,
      },
      await this.#nextId(),
    );
    const { entry, repeated, message, state } = result;
    if (message?.kind !== 'message') return { entry, repeated, message: undefined, state };
    if (message.reply_to === undefined) return { entry, repeated, message, state };
    const [quoted] = await withQuotes(this.#documents.entries, this.where, [message]);
    return { entry, repeated, message: quoted, state };
  }

  /** Notes the names of what is read, so that no decision rests on what an entry ahead of it changes. */
  #documentsFor(names: Set<string>): Documents {
    const { entries, rows } = this.#documents;
    return {
      message: (messageId) => {
        names.add(messageName(messageId));
        return findMessage(entries, this.where, messageId);
      },
      reaction: async (messageId, userKey, emoji) => {
        names.add(messageName(messageId)).add(reactionName(messageId, userKey, emoji));
        const [message, reacted] = await Promise.all([
          findMessage(entries, this.where, messageId),
          this.hasReacted(messageId, userKey, emoji),
        ]);
        const isNew = !message?.reactions?.some((reaction) => reaction.emoji === emoji);
        if (isNew) names.add(emojisName(messageId));
        return { message, reacted };
      },
      heir: async (exceptUserKey) => {
        names.add(membersName);
        for (const role of ['admin', 'member'] as const) {
          const oldest = await rows
            .find({ ...this.where, active: true, role })
            .sort({ since: 1, user_key: 1 })
            .limit(2)
            .toArray();
          const heir = oldest.find(({ user_key }) => user_key !== exceptUserKey);
          if (heir !== undefined) return heir.user_key;
        }
        return undefined;
      },
    };
  }
}

const userSender = 'user:';
