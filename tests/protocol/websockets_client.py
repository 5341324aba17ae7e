"""Speaks docs/protocol.md through Debian's python3-websockets: says something, and prints what it was told.

usage: websockets_client.py URL TOKEN CONVERSATION_ID TEXT
"""

import asyncio
import json
import sys
import uuid

import websockets


async def main(url, token, conversation_id, text):
    headers = {"Authorization": "Bearer " + token}
    async with websockets.connect(
        url.replace("http", "ws", 1) + "/ws", subprotocols=["circuit.v1.json"], extra_headers=headers
    ) as socket:
        hello = json.loads(await socket.recv())
        ready = json.loads(await socket.recv())
        request = {
            "conversation_id": conversation_id,
            "client_message_id": str(uuid.uuid4()),
            "content": {"type": "text", "text": text},
        }
        await socket.send(json.dumps({"id": 1, "event": "message.send", "data": request}))
        reply = event = None
        while reply is None or event is None:
            frame = json.loads(await socket.recv())
            if frame.get("id") == 1:
                reply = frame
            elif frame.get("event") == "message.new":
                event = frame
        print(json.dumps({"hello": hello, "ready": ready, "reply": reply, "event": event}))


asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 15))
