"""A domain server of a fish farm, in Python: what any server needs to talk through Circuit Mesh.

It makes two users known, opens a group for a pond, posts a notice of its own, and speaks as one of its users.
Prints one JSON line for each step, so that a program can follow it.

    FARM_ADDRESS   host:port of the services' gRPC; 127.0.0.1:7070 if not given
    FARM_TOKEN     the server's service token
    FARM_ACCOUNT   the account that it serves
"""

import json
import os
import sys
import uuid

import grpc

from circuit.chat.v1 import (
    chat_service_pb2 as chat,
    chat_service_pb2_grpc as chat_grpc,
    content_pb2 as content,
    conversation_pb2 as conversation,
)

CALL_SECONDS = 5
ATTEMPTS_MAX = 3
ASHA, RAVI = "100000000001", "100000000002"


def main() -> None:
    account = os.environ["FARM_ACCOUNT"]
    token = os.environ["FARM_TOKEN"]
    with grpc.insecure_channel(os.environ.get("FARM_ADDRESS", "127.0.0.1:7070")) as channel:
        service = chat_grpc.ChatServiceStub(channel)
        as_server = [("authorization", f"Bearer {token}")]
        # A domain server speaks for a user of its account by naming both beside its own token.
        as_asha = as_server + [("circuit-act-for", ASHA), ("circuit-account", account)]

        call(service.PutUsers, as_server, chat.PutUsersRequest(account_key=account, users=[
            conversation.User(user_key=ASHA, display_name="Asha"),
            conversation.User(user_key=RAVI, display_name="Ravi"),
        ]))
        say("users", known=[ASHA, RAVI])

        pond = call(service.CreateConversation, as_server, chat.CreateConversationRequest(
            request_id=str(uuid.uuid4()),
            account_key=account,
            type=conversation.CONVERSATION_TYPE_GROUP,
            participant_keys=[ASHA, RAVI],
            info=conversation.ConversationInfo(name="Pond A1"),
        )).conversation
        say("conversation", conversation_id=pond.conversation_id)

        notice = call(service.PostSystemMessage, as_server, chat.PostSystemMessageRequest(
            conversation_id=pond.conversation_id,
            client_message_id=str(uuid.uuid4()),
            system=content.SystemNotice(kind="low_do", parameters={"pond": "A1", "mg_per_l": "2.1"}),
            text="Oxygen in pond A1 is low: 2.1 mg/l",
        )).message
        say("notice", message_id=notice.message_id, kind=notice.system.kind)

        sent = call(service.SendMessage, as_asha, chat.SendMessageRequest(
            conversation_id=pond.conversation_id,
            client_message_id=str(uuid.uuid4()),
            content=content.Content(type=content.CONTENT_TYPE_TEXT, text="Aerators are on"),
        )).message
        say("sent", message_id=sent.message_id, seq=sent.seq, sender=sent.sender.display_name)

        history = call(service.ListMessages, as_asha, chat.ListMessagesRequest(conversation_id=pond.conversation_id))
        say("history", texts=[message.content.text for message in history.messages if message.content.text])


def call(method, metadata, request):
    """Calls, and calls again where the first try may be lost: the request's own id makes a repeat the same call."""
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            return method(request, metadata=metadata, timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE or attempt == ATTEMPTS_MAX:
                raise


def say(step: str, **more) -> None:
    print(json.dumps({"step": step, **more}), flush=True)


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
