// A real xDS control plane on loopback for tests: one listener with one cluster, whose endpoints it is told, and which
// it tells whoever watches them. Its protos are those that come with the library.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type GrpcObject,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

type Request = {
  readonly type_url: string;
  readonly version_info: string;
  readonly resource_names: readonly string[];
  readonly response_nonce: string;
  readonly error_detail?: { readonly message: string };
};
type Stream = ServerDuplexStream<Request, object>;
type Endpoint = { readonly address: string; readonly health?: 'HEALTHY' | 'UNHEALTHY'; readonly priority?: number };

const prefix = 'type.googleapis.com/';
const types = {
  listener: `${prefix}envoy.config.listener.v3.Listener`,
  manager: `${prefix}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
  router: `${prefix}envoy.extensions.filters.http.router.v3.Router`,
  cluster: `${prefix}envoy.config.cluster.v3.Cluster`,
  endpoints: `${prefix}envoy.config.endpoint.v3.ClusterLoadAssignment`,
} as const;
const clusterName = 'chat-cluster';

export class AdsServer {
  readonly #server = new Server();
  readonly #watching = new Set<Stream>();
  /** What clients refused of what they were told. */
  readonly refused: string[] = [];
  /** The version of the endpoints that a client has taken last. */
  confirmed = '';
  readonly #name: string;
  #endpoints: readonly Endpoint[];
  version = 1;
  #port = 0;

  static async open(name: string, endpoints: readonly Endpoint[]): Promise<AdsServer> {
    const server = new AdsServer(name, endpoints);
    await server.#listen();
    return server;
  }

  constructor(name: string, endpoints: readonly Endpoint[]) {
    this.#name = name;
    this.#endpoints = endpoints;
  }

  /** What a process has in GRPC_XDS_BOOTSTRAP_CONFIG. */
  get bootstrap(): string {
    return JSON.stringify({
      xds_servers: [{ server_uri: `127.0.0.1:${this.#port}`, channel_creds: [{ type: 'insecure' }] }],
      node: { id: 'edge', locality: {} },
    });
  }

  /** Told to all who watch. */
  tell(endpoints: readonly Endpoint[]): void {
    this.#endpoints = endpoints;
    this.version += 1;
    for (const stream of this.#watching) this.#say(stream, types.endpoints);
  }

  close(): void {
    this.#server.forceShutdown();
  }

  async #listen(): Promise<void> {
    this.#server.addService(adsService(), {
      StreamAggregatedResources: (stream: Stream) => {
        stream.on('data', (request: Request) => this.#hear(stream, request));
        stream.on('end', () => stream.end());
        for (const event of ['close', 'error', 'cancelled']) stream.on(event, () => this.#watching.delete(stream));
      },
      DeltaAggregatedResources: (stream: Stream) => stream.end(),
    });
    this.#port = await new Promise((resolve, reject) => {
      const done = (error: Error | null, port: number) => (error ? reject(error) : resolve(port));
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), done);
    });
  }

  #hear(stream: Stream, request: Request): void {
    if (request.error_detail) this.refused.push(request.error_detail.message);
    else if (request.type_url === types.endpoints) this.confirmed = request.version_info;
    // With a nonce it confirms, and asks for nothing new: each kind has one resource here.
    if (request.response_nonce !== '' || request.resource_names.length === 0) return;
    if (request.type_url === types.endpoints) this.#watching.add(stream);
    this.#say(stream, request.type_url);
  }

  #say(stream: Stream, type: string): void {
    const version = String(this.version);
    const resource = { '@type': type, ...this.#resource(type) };
    stream.write({ version_info: version, nonce: version, type_url: type, resources: [resource] });
  }

  #resource(type: string): object {
    if (type === types.listener) return { name: this.#name, api_listener: { api_listener: manager } };
    const ads = { eds_config: { ads: {}, resource_api_version: 'V3' } };
    if (type === types.cluster) return { name: clusterName, type: 'EDS', eds_cluster_config: ads };
    return { cluster_name: clusterName, endpoints: this.#endpoints.map(localityOf) };
  }
}

const manager = {
  '@type': types.manager,
  route_config: {
    name: 'routes',
    virtual_hosts: [
      { name: 'all', domains: ['*'], routes: [{ match: { prefix: '' }, route: { cluster: clusterName } }] },
    ],
  },
  http_filters: [{ name: 'router', typed_config: { '@type': types.router } }],
};

/** Each in a locality of its own. */
function localityOf({ address, health = 'HEALTHY', priority = 0 }: Endpoint, zone: number): object {
  const [host, port] = address.split(':');
  const socket = { address: host, port_value: Number(port) };
  return {
    locality: { region: 'test', zone: String(zone) },
    load_balancing_weight: { value: 1 },
    priority,
    lb_endpoints: [{ endpoint: { address: { socket_address: socket } }, health_status: health }],
  };
}

function adsService(): ServiceClientConstructor['service'] {
  const library = dirname(createRequire(import.meta.url).resolve('@grpc/grpc-js-xds/package.json'));
  const protos = [
    'service/discovery/v3/ads',
    'config/listener/v3/listener',
    'config/cluster/v3/cluster',
    'config/endpoint/v3/endpoint',
    'extensions/filters/network/http_connection_manager/v3/http_connection_manager',
    'extensions/filters/http/router/v3/router',
  ].map((name) => `envoy/${name}.proto`);
  const folders = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((name) => join(library, 'deps', name));
  const options = { keepCase: true, enums: String, longs: String, defaults: true, oneofs: true, includeDirs: folders };
  const loaded = loadPackageDefinition(loadSync(protos, options));
  const found = 'envoy.service.discovery.v3.AggregatedDiscoveryService'
    .split('.')
    .reduce<unknown>((within, part) => (within as GrpcObject)[part], loaded);
  return (found as ServiceClientConstructor).service;
}
