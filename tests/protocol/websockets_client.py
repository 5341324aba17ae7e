"""A socket of docs/protocol.md through Debian's python3-websockets: what comes in is sent, what is told goes out.

usage: websockets_client.py URL TOKEN     frames as JSON, one in a line; ends when its input does
"""

import asyncio
import sys

import websockets


async def main(url, token):
    headers = {"Authorization": "Bearer " + token}
    async with websockets.connect(
        url.replace("http", "ws", 1) + "/ws", subprotocols=["circuit.v1.json"], extra_headers=headers
    ) as socket:
        telling = asyncio.create_task(tell(socket))
        while line := await asyncio.to_thread(sys.stdin.readline):
            await socket.send(line)
        telling.cancel()


async def tell(socket):
    async for frame in socket:
        print(frame, flush=True)


asyncio.run(main(*sys.argv[1:]))
