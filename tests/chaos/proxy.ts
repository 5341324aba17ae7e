// A wire between two processes: a TCP proxy that can cut what runs through it, hang (no bytes, no close, as a lost
// network does), and heal. Whoever dials it finds the same port for ever, wherever the other end has moved.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

type Address = { readonly host: string; readonly port: number };
type WireState = 'whole' | 'cut' | 'hanging';

export class Wire {
  readonly name: string;
  readonly #server: Server;
  readonly #strands = new Set<Strand>();
  #state: WireState = 'whole';
  #upstream: Address | undefined;

  private constructor(name: string) {
    this.name = name;
    this.#server = createServer({ allowHalfOpen: true }, (near) => this.#accept(near));
  }

  static async open(name: string): Promise<Wire> {
    const wire = new Wire(name);
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    return wire;
  }

  /** `host:port` that is dialled instead of the other end. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Where it leads: `host:port`, also out of a URL. Connections that there are stay as they are. */
  leadTo(address: string): void {
    const [, host = '', port = ''] = /([\w.-]+):(\d+)(?:\/|$)/.exec(address.replace(/^[a-z+]+:\/\//, '')) ?? [];
    if (host === '') throw new Error(`${address} is no address`);
    this.#upstream = { host, port: Number(port) };
  }

  /** Ends every connection at once, and refuses new ones until `heal`. */
  cut(): void {
    this.#state = 'cut';
    for (const strand of [...this.#strands]) strand.end();
  }

  /** Nothing passes and nothing ends until `heal`; new connections are taken, and hang. */
  hang(): void {
    this.#state = 'hanging';
    for (const strand of this.#strands) strand.hang();
  }

  /** What hung goes on where it stopped. */
  heal(): void {
    this.#state = 'whole';
    for (const strand of [...this.#strands]) strand.flow(this.#upstream);
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(near: Socket): void {
    near.on('error', () => {});
    if (this.#state === 'cut') {
      near.destroy();
      return;
    }
    const strand = new Strand(near, () => this.#strands.delete(strand));
    this.#strands.add(strand);
    if (this.#state === 'hanging') strand.hang();
    else strand.flow(this.#upstream);
  }
}

/** One connection through a wire. */
class Strand {
  readonly #near: Socket;
  readonly #onEnd: () => void;
  #far: Socket | undefined;
  #state: 'new' | 'flowing' | 'hanging' = 'new';
  /** One side closed while it hung: the other side is told when it flows again. */
  #broken = false;

  constructor(near: Socket, onEnd: () => void) {
    this.#near = near;
    this.#onEnd = onEnd;
    near.setNoDelay(true);
    near.pause();
    near.on('close', () => this.#closed());
  }

  hang(): void {
    this.#state = 'hanging';
    this.#near.unpipe().pause();
    this.#far?.unpipe().pause();
  }

  flow(upstream: Address | undefined): void {
    if (this.#state === 'flowing') return;
    this.#state = 'flowing';
    if (this.#broken || upstream === undefined) {
      this.end();
      return;
    }
    const far = this.#far ?? this.#dial(upstream);
    this.#near.pipe(far);
    far.pipe(this.#near);
  }

  end(): void {
    this.#onEnd();
    this.#near.destroy();
    this.#far?.destroy();
  }

  #dial({ host, port }: Address): Socket {
    const far = connect({ host, port, noDelay: true, allowHalfOpen: true });
    far.on('error', () => {});
    far.on('close', () => this.#closed());
    this.#far = far;
    return far;
  }

  #closed(): void {
    if (this.#state === 'hanging') this.#broken = true;
    else this.end();
  }
}
