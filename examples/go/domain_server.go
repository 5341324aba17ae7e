// A domain server of a fish farm, in Go: what any server needs to talk through Circuit Mesh.
//
// It makes two users known, opens a group for a pond, posts a notice of its own, and speaks as one of its users.
// Prints one JSON line for each step, so that a program can follow it.
//
//	FARM_ADDRESS   host:port of the services' gRPC; 127.0.0.1:7070 if not given
//	FARM_TOKEN     the server's service token
//	FARM_ACCOUNT   the account that it serves
package main

//go:generate ../../node_modules/.bin/buf generate

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	chat "circuit-example/stubs/circuit/chat/v1"
)

const asha, ravi = "100000000001", "100000000002"

// A call that may be lost is made again: the request's own id makes a repeat the same call.
const calls = `{"methodConfig": [{"name": [{}], "timeout": "5s", "retryPolicy": {
	"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
	"retryableStatusCodes": ["UNAVAILABLE"]}}]}`

func main() {
	address := cmp.Or(os.Getenv("FARM_ADDRESS"), "127.0.0.1:7070")
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(calls))
	if err == nil {
		err = run(chat.NewChatServiceClient(connection), os.Getenv("FARM_TOKEN"), os.Getenv("FARM_ACCOUNT"))
		connection.Close()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v: %s\n", status.Code(err), status.Convert(err).Message())
		os.Exit(1)
	}
}

func run(service chat.ChatServiceClient, token, account string) error {
	asServer := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+token)
	// A domain server speaks for a user of its account by naming both beside its own token.
	asAsha := metadata.AppendToOutgoingContext(asServer, "circuit-act-for", asha, "circuit-account", account)

	_, err := service.PutUsers(asServer, &chat.PutUsersRequest{AccountKey: account, Users: []*chat.User{
		{UserKey: asha, DisplayName: "Asha"},
		{UserKey: ravi, DisplayName: "Ravi"},
	}})
	if err != nil {
		return err
	}
	say(map[string]any{"step": "users", "known": []string{asha, ravi}})

	created, err := service.CreateConversation(asServer, &chat.CreateConversationRequest{
		RequestId:       rand.Text(),
		AccountKey:      account,
		Type:            chat.ConversationType_CONVERSATION_TYPE_GROUP,
		ParticipantKeys: []string{asha, ravi},
		Info:            &chat.ConversationInfo{Name: "Pond A1"},
	})
	if err != nil {
		return err
	}
	pond := created.GetConversation().GetConversationId()
	say(map[string]any{"step": "conversation", "conversation_id": pond})

	return talk(service, asServer, asAsha, pond)
}

func talk(service chat.ChatServiceClient, asServer, asAsha context.Context, pond string) error {
	posted, err := service.PostSystemMessage(asServer, &chat.PostSystemMessageRequest{
		ConversationId:  pond,
		ClientMessageId: rand.Text(),
		System:          &chat.SystemNotice{Kind: "low_do", Parameters: map[string]string{"pond": "A1", "mg_per_l": "2.1"}},
		Text:            "Oxygen in pond A1 is low: 2.1 mg/l",
	})
	if err != nil {
		return err
	}
	notice := posted.GetMessage()
	say(map[string]any{"step": "notice", "message_id": notice.GetMessageId(), "kind": notice.GetSystem().GetKind()})

	answer, err := service.SendMessage(asAsha, &chat.SendMessageRequest{
		ConversationId:  pond,
		ClientMessageId: rand.Text(),
		Content:         &chat.Content{Type: chat.ContentType_CONTENT_TYPE_TEXT, Text: "Aerators are on"},
	})
	if err != nil {
		return err
	}
	sent := answer.GetMessage()
	say(map[string]any{"step": "sent", "message_id": sent.GetMessageId(), "seq": sent.GetSeq(),
		"sender": sent.GetSender().GetDisplayName()})

	history, err := service.ListMessages(asAsha, &chat.ListMessagesRequest{ConversationId: pond})
	if err != nil {
		return err
	}
	var texts []string
	for _, message := range history.GetMessages() {
		if text := message.GetContent().GetText(); text != "" {
			texts = append(texts, text)
		}
	}
	say(map[string]any{"step": "history", "texts": texts})
	return nil
}

func say(step map[string]any) {
	line, err := json.Marshal(step)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}
