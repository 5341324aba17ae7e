// What the clients of a chaos run write down, and what the log says at the end. All times are of one clock, in
// milliseconds since the run began.

/** A message that a client handed to its SDK. */
export type Sent = {
  readonly client: string;
  readonly conversation: string;
  readonly request: string;
  readonly at: number;
};

/** The answer that it is stored for good. */
export type Acknowledged = {
  readonly request: string;
  readonly seq: number;
  readonly messageId: string;
  readonly at: number;
};

/** An entry that a client's app was shown; `request` is empty for what is no message. */
export type Seen = {
  readonly client: string;
  readonly conversation: string;
  readonly seq: number;
  readonly request: string;
  readonly at: number;
};

/** An entry of a conversation's log, as it stands at the end. */
export type Logged = {
  readonly seq: number;
  readonly request: string;
  readonly messageId: string;
  readonly sender: string;
};

/** Somebody became a member at `from`, and no member any more at `to`. */
export type Stay = {
  readonly client: string;
  readonly conversation: string;
  readonly from: number;
  readonly to: number | undefined;
};

/** A time in which something was broken on purpose. */
export type Fault = { readonly name: string; readonly from: number; readonly to: number };

export type Unread = {
  readonly client: string;
  readonly conversation: string;
  readonly told: number;
  readonly right: number;
};

export type History = {
  readonly sent: readonly Sent[];
  readonly acknowledged: readonly Acknowledged[];
  readonly seen: readonly Seen[];
  readonly logs: ReadonlyMap<string, readonly Logged[]>;
  readonly stays: readonly Stay[];
  readonly faults: readonly Fault[];
  readonly unread: readonly Unread[];
  /** Topics that head checks found behind. */
  readonly foundByHeadChecks: readonly { readonly at: number; readonly topics: number }[];
};
