// What may stand for a service's processes in the configuration: an address, or a name under which they are looked up.

export type Target = AddressTarget | NameTarget;

/** One process: `10.0.0.1:7070`, `[::1]:7070`, `chat-0.example:7070`. */
export type AddressTarget = { readonly kind: 'address'; readonly address: string };

/**
 * All processes that a DNS name stands for, in gRPC's spelling: `dns:///chat:7070` asks as this machine does
 * (its hosts file and search domains among it), `dns://10.0.0.53/chat.example:7070` asks that server.
 */
export type NameTarget = {
  readonly kind: 'dns';
  readonly name: string;
  readonly port: number;
  /** `host:port` or a bare address of the server to ask; undefined: as the machine is set up. */
  readonly server: string | undefined;
};

const hostAndPort = /^(\[[0-9a-f:]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})$/;
const dns = /^dns:\/\/([^/]*)\/(.+)$/;
const server = /^(\[[0-9a-f:]+\]|[0-9.]+)(:[0-9]{1,5})?$/;

/** Throws an Error that says what is wrong, to be read after the setting's name. */
export function parseTarget(text: string): Target {
  if (text.startsWith('xds:')) {
    // Routing by key and Links need the address of every process; gRPC's xDS client keeps them to itself.
    throw new Error(`has "${text}": xDS names no single processes, and a key's owner is one; use dns:///name:port`);
  }
  const named = dns.exec(text);
  const [, asked = '', place = text] = named ?? [];
  const [, host = '', port = ''] = hostAndPort.exec(place) ?? [];
  if (host === '' || Number(port) < 1 || Number(port) > 65_535) {
    throw new Error(`has an address that is neither host:port nor dns:///name:port: "${text}"`);
  }
  if (named === null) return { kind: 'address', address: text };
  if (asked !== '' && !server.test(asked)) throw new Error(`asks a DNS server that is no address: "${text}"`);
  return { kind: 'dns', name: host, port: Number(port), server: asked === '' ? undefined : asked };
}
