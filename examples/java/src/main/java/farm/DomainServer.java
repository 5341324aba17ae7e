package farm;

import circuit.chat.v1.ChatServiceGrpc;
import circuit.chat.v1.ChatServiceGrpc.ChatServiceBlockingStub;
import circuit.chat.v1.Content;
import circuit.chat.v1.ContentType;
import circuit.chat.v1.ConversationInfo;
import circuit.chat.v1.ConversationType;
import circuit.chat.v1.CreateConversationRequest;
import circuit.chat.v1.ListMessagesRequest;
import circuit.chat.v1.PostSystemMessageRequest;
import circuit.chat.v1.PutUsersRequest;
import circuit.chat.v1.SendMessageRequest;
import circuit.chat.v1.SystemNotice;
import circuit.chat.v1.User;
import com.google.gson.Gson;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A domain server of a fish farm, in Java: what any server needs to talk through Circuit Mesh.
 *
 * <p>It makes two users known, opens a group for a pond, posts a notice of its own, and speaks as one of its users.
 * Prints one JSON line for each step, so that a program can follow it.
 *
 * <ul>
 *   <li>FARM_ADDRESS: host:port of the services' gRPC; 127.0.0.1:7070 if not given
 *   <li>FARM_TOKEN: the server's service token
 *   <li>FARM_ACCOUNT: the account that it serves
 * </ul>
 */
public final class DomainServer {
  private static final String ASHA = "100000000001";
  private static final String RAVI = "100000000002";

  /** A call that may be lost is made again: the request's own id makes a repeat the same call. */
  private static final Map<String, ?> CALLS = Map.of("methodConfig", List.of(Map.of(
      "name", List.of(Map.of()),
      "timeout", "5s",
      "retryPolicy", Map.of(
          "maxAttempts", 3.0, "initialBackoff", "0.1s", "maxBackoff", "1s", "backoffMultiplier", 2.0,
          "retryableStatusCodes", List.of("UNAVAILABLE")))));

  private final ChatServiceBlockingStub asServer;
  private final ChatServiceBlockingStub asAsha;
  private final String account;

  private DomainServer(ManagedChannel channel, String token, String account) {
    this.account = account;
    asServer = with(ChatServiceGrpc.newBlockingStub(channel), Map.of("authorization", "Bearer " + token));
    // A domain server speaks for a user of its account by naming both beside its own token.
    asAsha = with(asServer, Map.of("circuit-act-for", ASHA, "circuit-account", account));
  }

  public static void main(String[] arguments) {
    var environment = System.getenv();
    var address = environment.getOrDefault("FARM_ADDRESS", "127.0.0.1:7070");
    var channel = NettyChannelBuilder.forTarget(address).usePlaintext().defaultServiceConfig(CALLS).build();
    try {
      new DomainServer(channel, environment.get("FARM_TOKEN"), environment.get("FARM_ACCOUNT")).run();
    } catch (StatusRuntimeException failure) {
      System.err.println(failure.getStatus().getCode() + ": " + failure.getStatus().getDescription());
      System.exit(1);
    } finally {
      channel.shutdownNow();
    }
  }

  private void run() {
    asServer.putUsers(PutUsersRequest.newBuilder()
        .setAccountKey(account)
        .addUsers(User.newBuilder().setUserKey(ASHA).setDisplayName("Asha"))
        .addUsers(User.newBuilder().setUserKey(RAVI).setDisplayName("Ravi"))
        .build());
    say("users", "known", List.of(ASHA, RAVI));

    var pond = asServer.createConversation(CreateConversationRequest.newBuilder()
        .setRequestId(UUID.randomUUID().toString())
        .setAccountKey(account)
        .setType(ConversationType.CONVERSATION_TYPE_GROUP)
        .addParticipantKeys(ASHA)
        .addParticipantKeys(RAVI)
        .setInfo(ConversationInfo.newBuilder().setName("Pond A1"))
        .build()).getConversation();
    say("conversation", "conversation_id", pond.getConversationId());

    var notice = asServer.postSystemMessage(PostSystemMessageRequest.newBuilder()
        .setConversationId(pond.getConversationId())
        .setClientMessageId(UUID.randomUUID().toString())
        .setSystem(SystemNotice.newBuilder()
            .setKind("low_do")
            .putParameters("pond", "A1")
            .putParameters("mg_per_l", "2.1"))
        .setText("Oxygen in pond A1 is low: 2.1 mg/l")
        .build()).getMessage();
    say("notice", "message_id", notice.getMessageId(), "kind", notice.getSystem().getKind());

    var sent = asAsha.sendMessage(SendMessageRequest.newBuilder()
        .setConversationId(pond.getConversationId())
        .setClientMessageId(UUID.randomUUID().toString())
        .setContent(Content.newBuilder().setType(ContentType.CONTENT_TYPE_TEXT).setText("Aerators are on"))
        .build()).getMessage();
    say("sent", "message_id", sent.getMessageId(), "seq", sent.getSeq(), "sender", sent.getSender().getDisplayName());

    var history = asAsha.listMessages(
        ListMessagesRequest.newBuilder().setConversationId(pond.getConversationId()).build());
    var texts = history.getMessagesList().stream().map(message -> message.getContent().getText());
    say("history", "texts", texts.filter(text -> !text.isEmpty()).toList());
  }

  private static ChatServiceBlockingStub with(ChatServiceBlockingStub stub, Map<String, String> headers) {
    var metadata = new Metadata();
    headers.forEach((name, value) -> metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value));
    return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  /** Prints a step and its fields, each a name and a value. */
  private static void say(String step, Object... fields) {
    var line = new LinkedHashMap<String, Object>();
    line.put("step", step);
    for (var at = 0; at < fields.length; at += 2) line.put((String) fields[at], fields[at + 1]);
    System.out.println(new Gson().toJson(line));
  }
}
