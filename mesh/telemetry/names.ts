// Every metric and every log attribute of the mesh is declared here, and nowhere else: what a dashboard or an alert
// names, it finds in this file. No label holds a user, a conversation or a message: their number has no bound.

export type Metric = {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, in the unit that the metric's name ends with. */
  readonly buckets?: readonly number[];
};

const callSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
const batchSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] as const;

export const metrics = {
  circuit_rpc_total: { kind: 'counter', help: 'Calls answered.', labels: ['method', 'code'] },
  circuit_rpc_seconds: { kind: 'histogram', help: 'From arrival to answer.', labels: ['method'], buckets: callSeconds },
  circuit_rpc_in_flight: { kind: 'gauge', help: 'Calls that wait for their answer.', labels: ['way'] },
  circuit_rpc_forwarded_total: {
    kind: 'counter',
    help: 'Plain calls handed to the owner of their key.',
    labels: ['service'],
  },
  circuit_peer_left_out_total: {
    kind: 'counter',
    help: 'Times that a peer was left out for a while since it did not answer plain calls.',
    labels: [],
  },
  circuit_pressure: {
    kind: 'gauge',
    help: 'What is refused for want of time or room: 0 nothing, 1 what is of low importance, 2 all but high, 3 all.',
    labels: ['cause'],
  },
  circuit_shed_total: { kind: 'counter', help: 'Calls refused with OVERLOADED.', labels: ['importance'] },
  circuit_oldest_call_seconds: {
    kind: 'gauge',
    help: 'How long the call that waits longest has waited; above a second there is more to do than gets done.',
    labels: [],
  },
  circuit_links: { kind: 'gauge', help: 'Links that are open.', labels: ['service'] },
  circuit_link_sessions: { kind: 'gauge', help: 'User sessions open on Links.', labels: [] },
  circuit_link_batch_calls: {
    kind: 'histogram',
    help: 'Calls in one batch of a Link.',
    labels: [],
    buckets: batchSizes,
  },
  circuit_link_lost_total: { kind: 'counter', help: 'Links that ended without being told to.', labels: ['service'] },
  circuit_bus_published_total: { kind: 'counter', help: 'Events handed to the bus.', labels: ['prefix'] },
  circuit_bus_subscriptions: { kind: 'gauge', help: 'Topics subscribed on Links.', labels: [] },
  circuit_redis_healthy: { kind: 'gauge', help: '1 while Redis can be relied on for this use, or 0.', labels: ['use'] },
  circuit_redis_subscriptions: { kind: 'gauge', help: 'Topics that Redis has confirmed to this edge.', labels: [] },
  circuit_redis_publish_failed_total: {
    kind: 'counter',
    help: 'Events that were handed to Redis and not confirmed: each makes edges follow by Link and compare heads.',
    labels: [],
  },
  circuit_sockets: { kind: 'gauge', help: 'Sockets that are open.', labels: ['format'] },
  circuit_socket_opened_total: { kind: 'counter', help: 'Sockets opened.', labels: ['format'] },
  circuit_socket_closed_total: { kind: 'counter', help: 'Sockets closed, by close code.', labels: ['code'] },
  circuit_socket_refused_total: { kind: 'counter', help: 'Upgrades refused.', labels: ['reason'] },
  circuit_socket_frames_total: { kind: 'counter', help: 'Frames read from sockets.', labels: ['format'] },
  circuit_socket_buffered_bytes: { kind: 'gauge', help: 'Bytes waiting in sockets, at the last sweep.', labels: [] },
  circuit_http_total: { kind: 'counter', help: 'HTTP requests answered.', labels: ['method', 'status'] },
  circuit_http_seconds: {
    kind: 'histogram',
    help: 'From request to answer.',
    labels: ['method'],
    buckets: callSeconds,
  },
  circuit_topics: { kind: 'gauge', help: 'Topics with at least one socket.', labels: [] },
  circuit_fanout_events_total: {
    kind: 'counter',
    help: 'Events published to sockets, once for each topic.',
    labels: [],
  },
  circuit_fanout_deliveries_total: { kind: 'counter', help: 'Events sent, once for each socket.', labels: [] },
  circuit_fanout_repeated_total: { kind: 'counter', help: 'Events dropped because they were sent before.', labels: [] },
  circuit_fanout_gaps_total: { kind: 'counter', help: 'Gaps, by how they ended.', labels: ['outcome'] },
  circuit_head_checks_total: { kind: 'counter', help: 'Topics whose head was compared.', labels: [] },
  circuit_head_behind_total: { kind: 'counter', help: 'Topics found behind by a head check; 0 in health.', labels: [] },
  circuit_resume_total: { kind: 'counter', help: 'Topics resumed, by answer.', labels: ['answer'] },
  circuit_rate_limited_total: { kind: 'counter', help: 'Requests refused for their rate.', labels: ['by'] },
  circuit_append_entries_total: { kind: 'counter', help: 'Entries committed to a log.', labels: ['log'] },
  circuit_append_group_entries: {
    kind: 'histogram',
    help: 'Entries of one bulk insert.',
    labels: ['log'],
    buckets: batchSizes,
  },
  circuit_append_seconds: {
    kind: 'histogram',
    help: 'From a place in the queue to the commit.',
    labels: ['log'],
    buckets: callSeconds,
  },
  circuit_append_redecided_total: { kind: 'counter', help: 'Decisions run again after a lost race.', labels: ['log'] },
  circuit_append_unknown_total: {
    kind: 'counter',
    help: 'Inserts whose outcome had to be looked up.',
    labels: ['log'],
  },
  circuit_store_seconds: {
    kind: 'histogram',
    help: 'Commands to the database.',
    labels: ['command', 'outcome'],
    buckets: callSeconds,
  },
  circuit_store_connections: { kind: 'gauge', help: 'Connections of the pool.', labels: ['state'] },
  circuit_token_verified_total: { kind: 'counter', help: 'Tokens verified, by outcome.', labels: ['outcome'] },
  circuit_certificate_expires_seconds: {
    kind: 'gauge',
    help: "When this process's certificate ends, in seconds since 1970.",
    labels: [],
  },
  circuit_service_token_expires_seconds: {
    kind: 'gauge',
    help: 'When the service token that this process was given ends, in seconds since 1970.',
    labels: [],
  },
  circuit_event_loop_delay_seconds: {
    kind: 'gauge',
    help: 'Event-loop delay since the last scrape.',
    labels: ['quantile'],
  },
  circuit_memory_bytes: { kind: 'gauge', help: 'Memory of the process, at the scrape.', labels: ['kind'] },
  circuit_cpu_seconds_total: { kind: 'counter', help: 'Processor time since the start.', labels: ['kind'] },
  circuit_ready: { kind: 'gauge', help: '1 while this process may be sent work.', labels: [] },
  circuit_build: { kind: 'gauge', help: 'Always 1; the labels say what runs.', labels: ['version', 'runtime', 'role'] },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

type NamesOf<Kind extends Metric['kind']> = {
  [Name in MetricName]: (typeof metrics)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];

export type CounterName = NamesOf<'counter'>;
export type GaugeName = NamesOf<'gauge'>;
export type HistogramName = NamesOf<'histogram'>;
/** A value for each label of a metric. */
export type LabelsOf<Name extends MetricName> = Readonly<Record<(typeof metrics)[Name]['labels'][number], string>>;

/** Attributes of spans, after OpenTelemetry's conventions (RPC, HTTP, messaging, databases) where they have one. */
export type SpanAttributes = {
  readonly 'rpc.method'?: string;
  readonly 'rpc.response.status_code'?: string;
  readonly 'error.type'?: string;
  readonly 'http.request.method'?: string;
  readonly 'http.route'?: string;
  readonly 'http.response.status_code'?: number;
  readonly 'messaging.system'?: 'circuit';
  readonly 'messaging.operation.type'?: 'send' | 'process';
  readonly 'messaging.operation.name'?: string;
  readonly 'messaging.destination.name'?: string;
  readonly 'messaging.destination.template'?: string;
  readonly 'db.system.name'?: 'mongodb';
  readonly 'db.namespace'?: string;
  readonly 'db.collection.name'?: string;
  readonly 'db.operation.name'?: string;
  /** Documents or statements of one command; only where there are at least two. */
  readonly 'db.operation.batch.size'?: number;
  readonly 'db.response.status_code'?: string;
  readonly 'server.address'?: string;
  readonly 'circuit.service'?: string;
  readonly 'circuit.event'?: string;
  readonly 'circuit.caller'?: string;
  readonly 'circuit.reason'?: string;
  /** The number in its topic's log of the event that is published; absent where it has none. */
  readonly 'circuit.seq'?: number;
  /** Sockets that an event went to. */
  readonly 'circuit.sockets'?: number;
};

/** What a log line may say beside its message. Keys are ours, never contents: see `redacted` in log.ts. */
export type LogFields = {
  readonly role?: string;
  readonly service?: string;
  readonly method?: string;
  readonly event?: string;
  readonly caller?: string;
  readonly userKey?: string;
  readonly accountKey?: string;
  readonly topic?: string;
  readonly session?: string;
  readonly peer?: string;
  readonly address?: string;
  readonly port?: number;
  readonly code?: string | number;
  readonly reason?: string;
  readonly errorId?: string;
  readonly err?: unknown;
  readonly durationMs?: number;
  readonly count?: number;
  /** Lines of this kind that were left out before it. */
  readonly untold?: number;
  readonly signal?: string;
  /** Of the span that a line was written in, where it is sampled: `openLog` sees to it. */
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly version?: string;
  /** Anything else that a line needs, named on the spot; nothing secret and nobody's words. */
  readonly detail?: unknown;
};
