// Messages as bytes by one writer that keeps its buffer: a writer of their own grows three or four of them for each
// message, which costs as much again as the encoding.

import { BinaryWriter } from '@bufbuild/protobuf/wire';

/** A buffer that grew beyond this for one large message is not kept. */
const keptBytesMax = 1_024 * 1_024;

type Codec<Message> = { encode(message: Message, writer: BinaryWriter): BinaryWriter };

let writer = new BinaryWriter();

/** The message's bytes, in memory of their own. Throws what the codec throws. */
export function encoded<Message>(codec: Codec<Message>, message: Message): Uint8Array {
  let bytes: Uint8Array | undefined;
  try {
    bytes = codec.encode(message, writer).finish();
    return bytes;
  } finally {
    // What a codec that threw has left in it would stand before the next message.
    if (bytes === undefined || bytes.length > keptBytesMax) writer = new BinaryWriter();
  }
}
