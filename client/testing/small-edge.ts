// A small server that speaks `circuit.v1.json` over real sockets, for what a real edge can't be asked for: refused
// tickets, logs that were cut, rings that are too short, close codes at will. What the SDK promises is proved on the
// real mesh, in tests/console.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { SmallChat } from './small-chat.ts';

type Request = { readonly id: number; readonly event: string; readonly data: Record<string, unknown> };
type Session = { readonly userKey: string; readonly socket: WebSocket; readonly from: Map<string, number> };

export class SmallEdge {
  readonly chat = new SmallChat((topic, seq) => this.#publish(topic, seq));
  /** Entries that a resume can replay; what is older is stale. */
  ringLength = 1_000;
  /** Every request that arrived, by event. */
  readonly heard: Request[] = [];
  /** What these requests are refused with; undefined: they get no answer. */
  readonly broken = new Map<string, object | undefined>();
  /** Refuses the ticket with this status while it is set. */
  ticketStatus = 200;
  readonly #server: Server;
  readonly #sessions = new Set<Session>();
  /** A ticket is the user's key here. */
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'circuit.v1.json' });

  constructor() {
    this.#server = createServer((request, response) => {
      const userKey = request.headers.authorization?.replace('Bearer ', '') ?? '';
      response.statusCode = this.ticketStatus;
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ ticket: userKey }));
    });
    this.#server.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        this.#open(ws, new URL(request.url ?? '', 'http://edge').searchParams.get('ticket') ?? '');
      });
    });
  }

  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
      });
    });
  }

  /** Ends the sockets of a user, or of all, as a network would. */
  cut(userKey?: string): void {
    for (const { socket, userKey: owner } of this.#sessions) if (!userKey || owner === userKey) socket.terminate();
  }

  /** Ends every socket with a close frame. */
  closeAll(code: number, reason: string): void {
    for (const { socket } of this.#sessions) socket.close(code, reason);
  }

  async close(): Promise<void> {
    this.cut();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #open(socket: WebSocket, userKey: string): void {
    const session: Session = { userKey, socket, from: new Map() };
    this.#sessions.add(session);
    socket.on('close', () => this.#sessions.delete(session));
    socket.on('message', (text) => this.#request(session, JSON.parse(String(text))));
    const limits = { requests_in_flight: 64, resume_topics: 2 };
    this.#event(session, { event: 'hello', data: { session_id: 's', heartbeat_ms: 25_000, limits } });
    const topics = Object.fromEntries(this.chat.topicsOf(userKey).map((topic) => [topic, this.chat.head(topic)]));
    for (const [topic, head] of Object.entries(topics)) session.from.set(topic, head);
    this.#event(session, { event: 'ready', data: { topics } });
  }

  #request(session: Session, request: Request): void {
    this.heard.push(request);
    const { id, event, data } = request;
    if (this.broken.has(event) && this.broken.get(event) === undefined) return;
    let reply: Record<string, unknown>;
    try {
      reply = { id, ok: true, data: this.#answer(session, event, data) };
    } catch (error) {
      reply = { id, ok: false, error: error as object };
    }
    session.socket.send(JSON.stringify(reply));
  }

  #answer(session: Session, event: string, data: Record<string, unknown>): object {
    if (this.broken.has(event)) throw this.broken.get(event);
    if (event === 'ping' || event === 'auth.refresh') return {};
    if (event === 'session.resume') return this.#resume(session, data.positions as Record<string, number>);
    if (event === 'topic.join') {
      const topic = String(data.topic);
      session.from.set(topic, this.chat.head(topic));
      return { topic, seq: this.chat.head(topic) };
    }
    return this.chat.call(session.userKey, event, data);
  }

  #resume(session: Session, positions: Record<string, number>): object {
    const topics: Record<string, string> = {};
    for (const [topic, position] of Object.entries(positions)) {
      const head = session.from.get(topic) ?? 0;
      const stale = head - position > this.ringLength;
      topics[topic] = stale ? 'stale' : 'replayed';
      for (let seq = position + 1; seq <= head && !stale; seq += 1) this.#send(session, topic, seq);
    }
    return { topics };
  }

  #publish(topic: string, seq: number): void {
    for (const session of this.#sessions) {
      const { userKey } = session;
      if (topic === `u:${userKey}`) this.#follow(session, topic, seq);
      if (session.from.has(topic)) this.#send(session, topic, seq);
    }
  }

  /** A grant in the user's log joins the topic that it names. */
  #follow(session: Session, topic: string, seq: number): void {
    const { conversation_id } = this.chat.entry(topic, seq).data as { conversation_id?: string };
    const granted = `c:${conversation_id}`;
    if (conversation_id === undefined || session.from.has(granted)) return;
    session.from.set(granted, this.chat.head(granted));
    this.#event(session, { event: 'joined', data: { topics: { [granted]: this.chat.head(granted) } } });
  }

  #send(session: Session, topic: string, seq: number): void {
    const { event, data } = this.chat.entry(topic, seq);
    this.#event(session, { event, topic, seq, data });
  }

  #event({ socket }: Session, frame: object): void {
    socket.send(JSON.stringify(frame));
  }
}
