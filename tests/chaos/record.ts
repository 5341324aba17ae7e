// What the clients of a chaos run write down, and what the logs say at the end. All times are of one clock, in
// milliseconds since the run began. A client is one device; a user may have several.

/** Something that a client handed to its SDK. */
export type Sent = {
  readonly client: string;
  readonly conversation: string;
  readonly request: string;
  readonly at: number;
};

/** The answer that it is stored for good. */
export type Acknowledged = {
  readonly client: string;
  readonly conversation: string;
  /** Where in the log, if the answer says so. */
  readonly seq: number | undefined;
  /** As `Logged.what`. */
  readonly what: string;
  readonly at: number;
};

/** An entry that a client's app was shown. */
export type Seen = {
  readonly client: string;
  readonly conversation: string;
  readonly seq: number;
  /** As `Logged.what`. */
  readonly what: string;
  readonly at: number;
};

/** An entry of a conversation's log, as it stands at the end. */
export type Logged = {
  readonly seq: number;
  /** What the entry is, in words that stay the same whatever later entries change: `message 000000000017`. */
  readonly what: string;
  /** Two entries with the same are one thing stored twice; empty: may come again. */
  readonly once: string;
  /** User key of a message's sender; empty for what is no message. */
  readonly sender: string;
  /** User keys. */
  readonly came: readonly string[];
  readonly went: readonly string[];
};

/** Somebody became a member at `from`, and no member any more at `to`. */
export type Stay = {
  readonly client: string;
  readonly conversation: string;
  readonly from: number;
  readonly to: number | undefined;
  /** From here on each entry must have been seen; undefined: from the first that was. */
  readonly seesFrom: number | undefined;
};

/** A time in which something was broken on purpose, or the machine itself stood still. */
export type Fault = { readonly name: string; readonly from: number; readonly to: number };

/** A time in which a client had no connection, or was still catching up. */
export type Away = { readonly client: string; readonly from: number; readonly to: number };

/** A member's line of a conversation at the end, as the service tells it. */
export type Line = {
  readonly client: string;
  readonly user: string;
  readonly conversation: string;
  readonly unread: number;
  readonly readSeq: number;
  readonly lastSeq: number;
  /** The highest position that this user was told is read. */
  readonly acknowledgedRead: number;
};

/** The newest stretch of a conversation, as an app shows it and as the service has it. */
export type View = {
  readonly client: string;
  readonly conversation: string;
  readonly shown: readonly string[];
  readonly stored: readonly string[];
};

/** A call that was refused; `excused` where the run itself is why (the caller was no member any more). */
export type Refusal = {
  readonly client: string;
  readonly call: string;
  readonly reason: string;
  readonly excused: boolean;
  /** From the call to its refusal. */
  readonly from: number;
  readonly to: number;
};

export type History = {
  readonly sent: readonly Sent[];
  readonly acknowledged: readonly Acknowledged[];
  readonly seen: readonly Seen[];
  readonly logs: ReadonlyMap<string, readonly Logged[]>;
  readonly stays: readonly Stay[];
  readonly faults: readonly Fault[];
  readonly away: readonly Away[];
  readonly lines: readonly Line[];
  readonly views: readonly View[];
  readonly refusals: readonly Refusal[];
  /** Clients, and how many of their calls and messages had no answer at the end. */
  readonly unanswered: readonly string[];
  /** Topics that head checks found behind. */
  readonly foundByHeadChecks: readonly { readonly at: number; readonly topics: number }[];
  /** Ends of processes that nobody killed. */
  readonly deaths: readonly { readonly process: string; readonly at: number }[];
};

export const emptyHistory: History = {
  sent: [],
  acknowledged: [],
  seen: [],
  logs: new Map(),
  stays: [],
  faults: [],
  away: [],
  lines: [],
  views: [],
  refusals: [],
  unanswered: [],
  foundByHeadChecks: [],
  deaths: [],
};
