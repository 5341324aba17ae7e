// The edge under measurement, in a process of its own, linked to the bench's service.

import { openEdge } from '../../edge/open-edge.ts';
import { openIssuer } from '../../mesh/auth/issuer.ts';
import { secretKey } from '../../mesh/auth/token-key.ts';
import { openVerifier } from '../../mesh/auth/verifier.ts';
import { openLinks } from '../../mesh/caller/link-client/open-links.ts';
import { loadApiFile } from '../../mesh/schema/load-api.ts';
import { openLog } from '../../mesh/telemetry/log.ts';
import { benchTrust } from './mesh.ts';
import { serve } from './subject.ts';

const many = 1_000_000;

serve({
  async open(address: string, secret: string): Promise<number> {
    const api = loadApiFile();
    const key = secretKey(secret);
    const issuer = openIssuer({ ...benchTrust, key });
    const log = openLog({ level: 'warn', destination: process.stderr });
    const links = openLinks({
      api,
      peers: new Map([['chat', [address]]]),
      token: () => issuer.issueService({ kind: 'edge', key: 'edge' }),
      log,
    });
    await new Promise<void>((resolve) => {
      links.onChange(() => links.healthyCount > 0 && resolve());
    });
    const edge = await openEdge({
      api,
      links,
      verifier: openVerifier({ ...benchTrust, key }),
      log,
      limits: { socketsPerAddress: many, socketsPerUser: many, sockets: many },
    });
    return edge.port;
  },
});
