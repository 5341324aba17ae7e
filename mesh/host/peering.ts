// The other processes, as a host sees them: where they are, the connections to them, and who of them owns which key.

import { Directory, type Peers } from '../caller/discovery/directory.ts';
import { Owners } from '../caller/owners.ts';
import { PeerClients } from '../caller/peer-clients.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Certificates } from '../tls/certificates.ts';

export type PeeringOptions = {
  readonly peers: Peers;
  /** The services that run in this process. */
  readonly services: readonly string[];
  /** The address of this process as the others know it; known late. */
  readonly self: () => string;
  readonly keepConnections: boolean;
  readonly tls: Certificates | undefined;
  readonly lookUpMs: number | undefined;
  readonly log: Logger;
  readonly metrics: Metrics | undefined;
};

export class Peering {
  readonly clients: PeerClients;
  readonly owners: Owners;
  readonly #options: PeeringOptions;
  readonly #directory: Directory;

  constructor(options: PeeringOptions) {
    this.#options = options;
    const { peers, log, lookUpMs, keepConnections, tls, metrics, services, self } = options;
    this.#directory = new Directory({ peers, log, ...(lookUpMs === undefined ? {} : { lookUpMs }) });
    this.clients = new PeerClients({
      keepConnections,
      tls,
      onLost: () => this.#directory.lookSoon(),
      onOut: () => metrics?.counter('circuit_peer_left_out_total', {}).inc(),
    });
    this.owners = new Owners({
      processesOf: (service) => this.#directory.of(service),
      self,
      services: new Set(services),
      ready: (address) => this.clients.ready(address),
      sound: (addresses) => this.clients.outliers.sound(addresses),
    });
  }

  /** Connects to the other processes of the services here, now and as they come: their keys are theirs at once. */
  open(): void {
    this.#connect();
    this.#directory.onChange(() => {
      this.clients.keep(this.#directory.all());
      this.#connect();
    });
  }

  close(): void {
    this.#directory.close();
    this.clients.close();
  }

  #connect(): void {
    const { services, self } = this.#options;
    const peers = services.flatMap((name) => this.#directory.of(name));
    this.clients.connect(peers.filter((address) => address !== self()));
  }
}
