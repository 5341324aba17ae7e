// Bugs that are planted on purpose, to see that the checker catches them: each replaces a piece of a compiled module as
// it is loaded. A plant whose text is not there any more stops the process: it would prove nothing.

export type Plant = {
  /** The end of the module's path in dist/. */
  readonly module: string;
  readonly find: string;
  readonly replace: string;
};

export const plants = {
  /** Events leave before the insert: what is shown may never be stored, or under another number. */
  'publish before commit': {
    module: 'services/chat/log/committer.js',
    find: 'const outcomes = await this.#parts.appender.insert(',
    replace: `for (const entry of entries) this.#parts.kind.publish(entry, this.#head.state);
        const outcomes = await this.#parts.appender.insert(`,
  },
  /** An insert counts as done when it is begun: what was acknowledged may be gone. */
  'acknowledge before commit': {
    module: 'services/chat/log/appender.js',
    find: 'return new Promise((settle) => {',
    replace: `return new Promise((given) => {
            const settle = () => {};
            given(entries.map(() => stored));`,
  },
  /** A Link that is opened again does not ask for the topics that were followed on it. */
  'forget a resubscription': {
    module: 'mesh/caller/link-client/link-subscriptions.js',
    find: 'for (const topic of this.#concerning(link))\n            link.changeTopic(topic, false);',
    replace: '',
  },
  /** An edge that has found Redis again takes itself to be subscribed still. */
  'forget a resubscription over Redis': {
    module: 'mesh/bus/redis/subscriber.js',
    find: 'this.#due.add(topic);\n        }\n        await',
    replace: 'entry.there = true;\n        }\n        await',
  },
} as const satisfies Readonly<Record<string, Plant>>;

export type PlantName = keyof typeof plants;
