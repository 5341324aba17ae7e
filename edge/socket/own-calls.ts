// The calls that the edge answers itself: session.resume, topic.join, topic.leave, auth.refresh, ping.

import {
  JoinRequest,
  JoinResponse,
  LeaveRequest,
  LeaveResponse,
  PingResponse,
  RefreshRequest,
  RefreshResponse,
  ResumeRequest,
  ResumeResponse,
} from '../../gen/circuit/socket/v1/socket_service.ts';
import type { Verifier } from '../../mesh/auth/verifier.ts';
import { refuse } from '../../mesh/errors/refuse.ts';
import type { Hub } from '../fanout/hub.ts';
import type { Resume } from '../fanout/resume.ts';
import type { Rights } from '../fanout/rights.ts';
import { userDevices, userLog } from '../fanout/topic.ts';
import type { CloseName } from './close-codes.ts';
import type { OwnCall } from './requests.ts';
import type { Session } from './session.ts';

export type OwnCallsOptions = {
  readonly hub: Hub;
  readonly rights: Rights;
  readonly resume: Resume;
  readonly verifier: Verifier;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly end: (session: Session, name: CloseName) => void;
};

const service = 'circuit.socket.v1.SocketService';

/** Before `ready` a socket has no positions: what builds on them must wait. */
const readyRetryMs = 500;

/** By the method's full name. */
export function ownCalls(options: OwnCallsOptions): ReadonlyMap<string, OwnCall> {
  const { hub, rights, resume, clock } = options;
  return new Map<string, OwnCall>([
    [
      `${service}/Resume`,
      async (session, request) => {
        mustBeReady(session);
        const { positions } = ResumeRequest.decode(request);
        return ResumeResponse.encode(await resume.replay(session, positions)).finish();
      },
    ],
    [
      `${service}/Join`,
      async (session, request) => {
        mustBeReady(session);
        const topic = await rights.follow(session, JoinRequest.decode(request).topic);
        const seq = session.follows.position(topic) ?? topic.head;
        return JoinResponse.encode({ topic: topic.name, seq }).finish();
      },
    ],
    [
      `${service}/Leave`,
      (session, request) => {
        mustBeReady(session);
        const { topic: name } = LeaveRequest.decode(request);
        const { key } = session.caller;
        const topic = hub.find(name);
        const own = name === userLog(key) || name === userDevices(key);
        if (topic === undefined || own || !hub.detach(session, topic)) throw refuse('TOPIC_NOT_FOUND');
        return LeaveResponse.encode({}).finish();
      },
    ],
    [`${service}/Refresh`, (session, request) => refresh(options, session, RefreshRequest.decode(request).token)],
    [`${service}/Ping`, () => PingResponse.encode({ time: new Date(clock()) }).finish()],
  ]);
}

async function refresh({ verifier, end }: OwnCallsOptions, session: Session, token: string): Promise<Uint8Array> {
  const caller = await verifier.verify(token);
  const { key, accountKey } = session.caller;
  if (caller.kind !== 'user' || caller.key !== key || caller.accountKey !== accountKey) {
    end(session, 'ANOTHER_USER');
    throw refuse('TOKEN_INVALID');
  }
  session.caller = caller;
  session.token = token;
  session.linkSession?.renew(token);
  return RefreshResponse.encode({ expiresAt: new Date(caller.expiresAtMs) }).finish();
}

function mustBeReady(session: Session): void {
  if (!session.ready) throw refuse('UNAVAILABLE', { retryAfterMs: readyRetryMs });
}
