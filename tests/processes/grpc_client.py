"""A domain server on stubs by grpcio-tools: reads a conversation as one of its users, then says something of its own.

usage: grpc_client.py ADDRESS TOKEN ACCOUNT USER_KEY CONVERSATION_ID TEXT     prints what it read, and its own number
"""

import json
import sys
import uuid

import grpc
from circuit.chat.v1 import chat_service_pb2 as chat, chat_service_pb2_grpc as chat_grpc, content_pb2 as content

CALL_SECONDS = 10


def main(address, token, account, user_key, conversation_id, text):
    as_server = [("authorization", "Bearer " + token)]
    as_user = as_server + [("circuit-act-for", user_key), ("circuit-account", account)]
    with grpc.insecure_channel(address) as channel:
        service = chat_grpc.ChatServiceStub(channel)
        page = service.ListMessages(
            chat.ListMessagesRequest(conversation_id=conversation_id), metadata=as_user, timeout=CALL_SECONDS
        )
        said = service.PostSystemMessage(
            chat.PostSystemMessageRequest(
                conversation_id=conversation_id,
                client_message_id=str(uuid.uuid4()),
                system=content.SystemNotice(kind="low_do"),
                text=text,
            ),
            metadata=as_server,
            timeout=CALL_SECONDS,
        )
    texts = [message.content.text for message in page.messages if message.content.text]
    print(json.dumps({"read": texts, "seq": said.message.seq}))


main(*sys.argv[1:])
