// Every setting there is. The README's table is made from this list, and a test holds it against the README.

import { logLevels } from '../telemetry/log.ts';
import { choice, duration, flag, integer, list, peers, port, size, text, url } from './shapes.ts';

const everywhere = ['edge', 'service', 'store', 'migrate'] as const;
const callers = ['edge', 'service'] as const;
const database = ['service', 'migrate'] as const;

export const settings = {
  mode: choice('CIRCUIT_MODE', ['production', 'dev'], {
    default: 'production',
    doc: '`dev` adds the dev login and the ready users. Never in production: anyone can sign in as anyone.',
    usedBy: everywhere,
  }),
  logLevel: choice('CIRCUIT_LOG_LEVEL', logLevels, {
    default: 'info',
    doc: 'The least that is logged.',
    usedBy: everywhere,
  }),
  dataDir: text('CIRCUIT_DATA', {
    default: '.circuit',
    doc: 'The folder of the embedded store, and of keys and logs in dev mode.',
    usedBy: ['store'],
  }),

  host: text('CIRCUIT_HOST', { default: '127.0.0.1', doc: 'The address that the edge listens on.', usedBy: ['edge'] }),
  port: port('CIRCUIT_PORT', { default: '8080', doc: 'The port of the edge; 0 takes any free one.', usedBy: ['edge'] }),
  grpcHost: text('CIRCUIT_GRPC_HOST', {
    default: '127.0.0.1',
    doc: 'The address that services listen on.',
    usedBy: ['service'],
  }),
  grpcPort: port('CIRCUIT_GRPC_PORT', {
    default: '7070',
    doc: 'The port of services; 0 takes any free one.',
    usedBy: ['service'],
  }),
  adminHost: text('CIRCUIT_ADMIN_HOST', {
    default: '127.0.0.1',
    doc: 'The address of `/metrics`, `/healthz` and `/readyz`.',
    usedBy: callers,
  }),
  adminPort: port('CIRCUIT_ADMIN_PORT', {
    doc: 'The port of `/metrics`, `/healthz` and `/readyz`; without it they are not served.',
    usedBy: callers,
  }),
  peers: peers('CIRCUIT_PEERS', {
    default: '',
    doc: 'Where the processes of each service are: `chat=10.0.0.1:7070,10.0.0.2:7070;presence=dns:///presence:7070`.',
    usedBy: callers,
  }),
  address: text('CIRCUIT_ADDRESS', {
    doc: "This process's own `host:port` as it stands in `CIRCUIT_PEERS`; without it, the address it listens on.",
    usedBy: ['service'],
  }),
  drainMs: duration('CIRCUIT_DRAIN', {
    default: '10s',
    from: '0s',
    to: '1h',
    doc: 'How long a process that was told to end takes to let its sockets and calls go.',
    usedBy: callers,
  }),

  tokenIssuer: text('CIRCUIT_TOKEN_ISSUER', { default: 'circuit', doc: 'The `iss` of tokens.', usedBy: callers }),
  tokenAudience: text('CIRCUIT_TOKEN_AUDIENCE', { default: 'circuit', doc: 'The `aud` of tokens.', usedBy: callers }),
  jwksUrl: url('CIRCUIT_JWKS_URL', ['https', 'http'], {
    doc: "The keys of the platform's user server: users' tokens are checked by these.",
    usedBy: callers,
  }),
  tokenKey: text('CIRCUIT_TOKEN_KEY', {
    doc: 'A key of our own, PEM or JWK (Ed25519, P-256 or RSA). The private half also signs.',
    secret: true,
    usedBy: callers,
  }),
  tokenSecret: text('CIRCUIT_TOKEN_SECRET', {
    doc: 'Instead of a key: a secret of at least 32 bytes that everyone shares who signs or checks (HS256).',
    secret: true,
    usedBy: callers,
  }),
  serviceToken: text('CIRCUIT_SERVICE_TOKEN', {
    doc: "This process's own token (`kind` edge or system), where it has no key to sign one.",
    secret: true,
    rereadFrom: 'CIRCUIT_SERVICE_TOKEN_FILE',
    usedBy: callers,
  }),
  serviceTokenFile: text('CIRCUIT_SERVICE_TOKEN_FILE', {
    doc: 'The same in a file, which is read again every minute, so that the token may be renewed.',
    usedBy: callers,
  }),
  tlsCertFile: text('CIRCUIT_TLS_CERT_FILE', {
    doc: "PEM: this process's certificate. With it, processes speak mutual TLS with each other and domain servers.",
    usedBy: callers,
  }),
  tlsKeyFile: text('CIRCUIT_TLS_KEY_FILE', {
    doc: 'PEM: its key. All three are read again while it runs.',
    usedBy: callers,
  }),
  tlsCaFile: text('CIRCUIT_TLS_CA_FILE', { doc: 'PEM: the authority of its peers, or several.', usedBy: callers }),
  idKey: text('CIRCUIT_ID_KEY', {
    doc: 'Keys the order of ids, so that they cannot be counted. Never change it once ids were given.',
    secret: true,
    usedBy: ['service'],
    check: (value) => (value.length < 16 ? 'has at least 16 characters' : undefined),
  }),

  mongoUri: url('MONGODB_URI', ['mongodb', 'mongodb+srv'], {
    doc: 'The database, with its name in the path; `circuit` if it has none.',
    secret: true,
    usedBy: database,
  }),
  mongoPoolMax: integer('CIRCUIT_MONGODB_POOL_MAX', {
    default: '10',
    min: 1,
    max: 1_000,
    doc: 'Most connections of one process (`maxPoolSize`).',
    usedBy: database,
  }),
  mongoPoolMin: integer('CIRCUIT_MONGODB_POOL_MIN', {
    default: '2',
    min: 0,
    max: 1_000,
    doc: 'Connections that stay open (`minPoolSize`).',
    usedBy: database,
  }),
  mongoIdleMs: duration('CIRCUIT_MONGODB_IDLE', {
    default: '30s',
    from: '1s',
    to: '1h',
    doc: 'An unused connection is closed after this (`maxIdleTimeMS`).',
    usedBy: database,
  }),
  mongoSelectionMs: duration('CIRCUIT_MONGODB_SELECTION', {
    default: '5s',
    from: '100ms',
    to: '2m',
    doc: 'How long to look for a primary (`serverSelectionTimeoutMS`).',
    usedBy: database,
  }),
  mongoSocketMs: duration('CIRCUIT_MONGODB_SOCKET', {
    default: '45s',
    from: '1s',
    to: '10m',
    doc: 'A connection without an answer for this long is given up (`socketTimeoutMS`).',
    usedBy: database,
  }),
  redisUrl: url('REDIS_URL', ['redis', 'rediss'], {
    doc: 'The bus between processes, `?cluster=true` where it is a cluster; without it events travel on Links.',
    secret: true,
    usedBy: callers,
  }),

  allowedOrigins: list('CIRCUIT_ALLOWED_ORIGINS', {
    default: '',
    doc: 'Origins of browsers that may call, beside the own one: `https://app.example.com,…`; `*` in dev mode only.',
    usedBy: ['edge'],
  }),
  sockets: integer('CIRCUIT_SOCKETS', {
    default: '200000',
    min: 1,
    max: 5_000_000,
    doc: 'Open sockets of one edge.',
    usedBy: ['edge'],
  }),
  behindProxy: flag('CIRCUIT_BEHIND_PROXY', {
    default: 'false',
    doc: "Behind a proxy of yours that writes `X-Forwarded-For`: its last address is the client's. Never without one.",
    usedBy: ['edge'],
  }),
  socketsPerUser: integer('CIRCUIT_SOCKETS_PER_USER', {
    default: '32',
    min: 1,
    max: 10_000,
    doc: 'Open sockets of one user at one edge.',
    usedBy: ['edge'],
  }),
  socketsPerAddress: integer('CIRCUIT_SOCKETS_PER_ADDRESS', {
    default: '2000',
    min: 1,
    max: 1_000_000,
    doc: 'Open sockets of one client address at one edge.',
    usedBy: ['edge'],
  }),
  topicsPerSocket: integer('CIRCUIT_TOPICS_PER_SOCKET', {
    default: '5100',
    min: 16,
    max: 20_000,
    doc: 'Topics that one socket may follow.',
    usedBy: ['edge'],
  }),
  requestsInFlight: integer('CIRCUIT_REQUESTS_IN_FLIGHT', {
    default: '64',
    min: 1,
    max: 10_000,
    doc: 'Unanswered requests of one socket.',
    usedBy: ['edge'],
  }),
  frameBytes: size('CIRCUIT_FRAME', {
    default: '64KiB',
    from: '1KiB',
    to: '1MiB',
    doc: 'The largest frame of an app.',
    usedBy: ['edge'],
  }),
  bodyBytes: size('CIRCUIT_BODY', {
    default: '1MiB',
    from: '1KiB',
    to: '16MiB',
    doc: 'The largest body of an HTTP request that is not streamed.',
    usedBy: ['edge'],
  }),
  costPerSecond: integer('CIRCUIT_RATE', {
    default: '100',
    min: 1,
    max: 1_000_000,
    doc: 'What one socket may spend in a second over time, in the cost of calls (most cost 1).',
    usedBy: ['edge'],
  }),
  costBurst: integer('CIRCUIT_RATE_BURST', {
    default: '400',
    min: 1,
    max: 1_000_000,
    doc: 'What one socket may spend at once.',
    usedBy: ['edge'],
  }),
  strangerPerSecond: integer('CIRCUIT_STRANGER_RATE', {
    default: '20',
    min: 1,
    max: 1_000_000,
    doc: 'HTTP requests in a second over time from one address without a valid token.',
    usedBy: ['edge'],
  }),
} as const;
