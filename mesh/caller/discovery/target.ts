// What may stand for a service's processes in the configuration: an address, or a name under which they are looked up.

import { hasXdsLibrary } from './xds-library.ts';

export type Target = AddressTarget | NameTarget | XdsTarget;

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

/** What a control plane says that a name stands for: `xds:///chat`, or `xds://authority/chat` of another one. */
export type XdsTarget = { readonly kind: 'xds'; readonly name: string; readonly authority: string };

const hostAndPort = /^(\[[0-9a-f:]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})$/;
const dns = /^dns:\/\/([^/]*)\/(.+)$/;
const xds = /^xds:\/\/([^/]*)\/(\S+)$/;
const server = /^(\[[0-9a-f:]+\]|[0-9.]+)(:[0-9]{1,5})?$/;

/** Throws an Error that says what is wrong, to be read after the setting's name. */
export function parseTarget(text: string, hasXds: () => boolean = hasXdsLibrary): Target {
  const resolved = xds.exec(text);
  if (resolved !== null) {
    if (!hasXds()) throw new Error(`has "${text}", which needs a package: npm install @grpc/grpc-js-xds@1.14.1`);
    const [, authority = '', name = ''] = resolved;
    return { kind: 'xds', name, authority };
  }
  const named = dns.exec(text);
  const [, asked = '', place = text] = named ?? [];
  const [, host = '', port = ''] = hostAndPort.exec(place) ?? [];
  if (host === '' || Number(port) < 1 || Number(port) > 65_535) {
    throw new Error(`has an address that is neither host:port, dns:///name:port nor xds:///name: "${text}"`);
  }
  if (named === null) return { kind: 'address', address: text };
  if (asked !== '' && !server.test(asked)) throw new Error(`asks a DNS server that is no address: "${text}"`);
  return { kind: 'dns', name: host, port: Number(port), server: asked === '' ? undefined : asked };
}
