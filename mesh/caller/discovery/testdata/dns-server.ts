// A real DNS server on loopback for tests: it answers for one name with the addresses it is told, or not at all.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const typeA = 1;
const headerBytes = 12;
/** Of the answers: that of the question, by a pointer to it. */
const nameOfQuestion = 0xc00c;

export class DnsServer {
  readonly #socket: Socket;
  /** IPv4 addresses that the name stands for. */
  addresses: readonly string[];
  /** `answers`, `fails` (SERVFAIL), or `silent`. */
  mood: 'answers' | 'fails' | 'silent' = 'answers';
  /** Questions for addresses of IPv4 so far. */
  questions = 0;

  static async open(addresses: readonly string[]): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket, addresses);
  }

  constructor(socket: Socket, addresses: readonly string[]) {
    this.#socket = socket;
    this.addresses = addresses;
    socket.on('message', (question, { address, port }) => {
      const answer = this.#answerTo(question);
      if (answer !== undefined) socket.send(answer, port, address);
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #answerTo(question: Buffer): Buffer | undefined {
    const nameEnd = question.indexOf(0, headerBytes);
    const type = question.readUInt16BE(nameEnd + 1);
    if (type === typeA) this.questions += 1;
    if (this.mood === 'silent') return undefined;
    const addresses = type === typeA && this.mood === 'answers' ? this.addresses : [];
    const header = Buffer.alloc(headerBytes);
    question.copy(header, 0, 0, 2);
    // A response, recursion available; the code of a server that failed.
    header.writeUInt16BE(this.mood === 'fails' ? 0x8182 : 0x8180, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    return Buffer.concat([header, question.subarray(headerBytes, nameEnd + 5), ...addresses.map(record)]);
  }
}

function record(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16BE(nameOfQuestion, 0);
  bytes.writeUInt16BE(typeA, 2);
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt16BE(4, 10);
  Buffer.from(address.split('.').map(Number)).copy(bytes, 12);
  return bytes;
}
