package dev.memux.tls;

import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;
import static dev.memux.tls.AlertDescription.UNEXPECTED_MESSAGE;
import static dev.memux.tls.EncryptionLevel.APPLICATION;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static dev.memux.tls.Messages.join;
import static dev.memux.tls.Messages.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which message may come when and at which level (RFC 8446 §4, §A; RFC 9001 §4, §6, §8.3). */
class MessageOrderTest {
  private static final TlsClientConfig CLIENT = Configs.client().build();
  private static final TlsServerConfig SERVER = Configs.server("p256").build();
  private static final TlsServerConfig ASKING =
      Configs.server("p256")
          .clientCertificates(ClientCertificates.REQUIRED, TestFiles.certificates("ca"))
          .build();

  /** Brings an end into a state. */
  private interface Setup {
    Peer run() throws Exception;
  }

  private static Map<ClientState, Setup> clients() {
    Map<ClientState, Setup> all = new EnumMap<>(ClientState.class);
    all.put(ClientState.WAIT_SERVER_HELLO, () -> scripted().client);
    all.put(
        ClientState.WAIT_SECOND_SERVER_HELLO,
        () -> {
          Peer client = Peer.client(CLIENT);
          client.receive(INITIAL, ScriptedServer.retryFor(0x0017));
          return client;
        });
    all.put(ClientState.WAIT_ENCRYPTED_EXTENSIONS, () -> scripted().sendHello().client);
    all.put(
        ClientState.WAIT_CERTIFICATE_OR_REQUEST,
        () -> scripted().sendHello().send(ScriptedServer.encryptedExtensions()).client);
    all.put(
        ClientState.WAIT_CERTIFICATE,
        () -> {
          byte[] schemes = Messages.extension(13, Messages.vector16(Messages.u16(0x0403)));
          return scripted()
              .sendHello()
              .send(ScriptedServer.encryptedExtensions())
              .send(ScriptedServer.certificateRequest(new byte[0], schemes))
              .client;
        });
    all.put(
        ClientState.WAIT_CERTIFICATE_VERIFY,
        () ->
            scripted()
                .sendHello()
                .send(ScriptedServer.encryptedExtensions())
                .send(ScriptedServer.certificate("p256"))
                .client);
    all.put(ClientState.WAIT_FINISHED, () -> scripted().sendUpToFinished().client);
    all.put(ClientState.CONNECTED, () -> scripted().complete().client);
    return all;
  }

  private static ScriptedServer scripted() throws TlsAlertException {
    return new ScriptedServer(CLIENT);
  }

  private static Map<ServerState, Setup> servers() {
    Map<ServerState, Setup> all = new EnumMap<>(ServerState.class);
    all.put(ServerState.WAIT_CLIENT_HELLO, () -> Peer.server(SERVER));
    all.put(
        ServerState.WAIT_SECOND_CLIENT_HELLO,
        () -> {
          Peer server = Peer.server(Configs.server("p256").groups(NamedGroup.SECP256R1).build());
          server.receive(INITIAL, new HelloBuilder().build());
          return server;
        });
    all.put(
        ServerState.WAIT_CERTIFICATE,
        () -> {
          Peer server = Peer.server(ASKING);
          Peer.client(CLIENT).deliverTo(server);
          return server;
        });
    all.put(
        ServerState.WAIT_CERTIFICATE_VERIFY,
        () -> {
          Peer server = Peer.server(ASKING);
          Peer.client(CLIENT).deliverTo(server);
          server.receive(HANDSHAKE, ScriptedServer.certificate("for-clients"));
          return server;
        });
    all.put(
        ServerState.WAIT_FINISHED,
        () -> {
          Peer server = Peer.server(SERVER);
          Peer.client(CLIENT).deliverTo(server);
          return server;
        });
    all.put(
        ServerState.CONNECTED,
        () -> {
          Peer client = Peer.client(CLIENT);
          Peer server = Peer.server(SERVER);
          Peer.connect(client, server);
          assertNotNull(server.session);
          return server;
        });
    return all;
  }

  private static EncryptionLevel level(ClientState state) {
    return switch (state) {
      case START, WAIT_SERVER_HELLO, WAIT_SECOND_SERVER_HELLO -> INITIAL;
      case WAIT_ENCRYPTED_EXTENSIONS,
          WAIT_CERTIFICATE_OR_REQUEST,
          WAIT_CERTIFICATE,
          WAIT_CERTIFICATE_VERIFY,
          WAIT_FINISHED ->
          HANDSHAKE;
      case CONNECTED -> APPLICATION;
    };
  }

  private static Set<Integer> legal(ClientState state) {
    return switch (state) {
      case START -> Set.of();
      case WAIT_SERVER_HELLO, WAIT_SECOND_SERVER_HELLO -> Set.of(2);
      case WAIT_ENCRYPTED_EXTENSIONS -> Set.of(8);
      case WAIT_CERTIFICATE_OR_REQUEST -> Set.of(11, 13);
      case WAIT_CERTIFICATE -> Set.of(11);
      case WAIT_CERTIFICATE_VERIFY -> Set.of(15);
      case WAIT_FINISHED -> Set.of(20);
      case CONNECTED -> Set.of(4);
    };
  }

  // By the type's byte alone: nobody waits for the rest of what is refused anyway.
  @Test
  void aClientTakesOnlyTheMessagesOfItsState() throws Exception {
    for (Map.Entry<ClientState, Setup> entry : clients().entrySet()) {
      for (int type = 0; type < 256; type++) {
        if (!legal(entry.getKey()).contains(type)) {
          Alerts.assertRefuses(
              entry.getValue().run(),
              UNEXPECTED_MESSAGE,
              entry.getKey() + " " + type,
              level(entry.getKey()),
              new byte[] {(byte) type});
          type += type > 24 && type < 253 ? 40 : 0; // the unassigned: a few of them
        }
      }
    }
    Set<ClientState> covered = EnumSet.of(ClientState.START);
    covered.addAll(clients().keySet());
    assertEquals(EnumSet.allOf(ClientState.class), covered);
  }

  @Test
  void aServerTakesOnlyTheMessagesOfItsState() throws Exception {
    for (Map.Entry<ServerState, Setup> entry : servers().entrySet()) {
      EncryptionLevel level =
          switch (entry.getKey()) {
            case WAIT_CLIENT_HELLO, WAIT_SECOND_CLIENT_HELLO -> INITIAL;
            case WAIT_CERTIFICATE, WAIT_CERTIFICATE_VERIFY, WAIT_FINISHED -> HANDSHAKE;
            case CONNECTED -> APPLICATION;
          };
      int legal =
          switch (entry.getKey()) {
            case WAIT_CLIENT_HELLO, WAIT_SECOND_CLIENT_HELLO -> 1;
            case WAIT_CERTIFICATE -> 11;
            case WAIT_CERTIFICATE_VERIFY -> 15;
            case WAIT_FINISHED -> 20;
            case CONNECTED -> -1;
          };
      for (int type : new int[] {0, 1, 2, 3, 4, 5, 6, 8, 11, 13, 15, 20, 24, 25, 99, 254, 255}) {
        if (type != legal) {
          Alerts.assertRefuses(
              entry.getValue().run(),
              UNEXPECTED_MESSAGE,
              entry.getKey() + " " + type,
              level,
              new byte[] {(byte) type});
        }
      }
    }
    assertEquals(EnumSet.allOf(ServerState.class), servers().keySet());
  }

  // RFC 9001 §4.1.3
  @Test
  void bytesAtAnotherLevelAreRefused() throws Exception {
    for (Map.Entry<ClientState, Setup> entry : clients().entrySet()) {
      for (EncryptionLevel level : EncryptionLevel.values()) {
        if (level != level(entry.getKey())) {
          byte[] first = {legal(entry.getKey()).iterator().next().byteValue()};
          Alerts.assertViolatesQuic(entry.getValue().run(), entry.getKey() + "", level, first);
        }
      }
    }
    for (Map.Entry<ServerState, Setup> entry : servers().entrySet()) {
      for (EncryptionLevel level : EncryptionLevel.values()) {
        boolean initial = entry.getKey().name().endsWith("CLIENT_HELLO");
        boolean right =
            initial
                ? level == INITIAL
                : level == (entry.getKey() == ServerState.CONNECTED ? APPLICATION : HANDSHAKE);
        if (!right) {
          byte[] first = {(byte) (initial ? 1 : 20)};
          Alerts.assertViolatesQuic(entry.getValue().run(), entry.getKey() + "", level, first);
        }
      }
    }
  }

  @Test
  void noBytesAreNoFault() throws Exception {
    Peer client = Peer.client(CLIENT);
    client.receive(APPLICATION, new byte[0]);
    Peer server = Peer.server(SERVER);
    server.receive(HANDSHAKE, new byte[0]);
    Peer.connect(client, server);
    assertNotNull(server.session);
  }

  // RFC 8446 §5.1, RFC 9001 §4.1.3: nothing may lie across a change of keys.
  @Test
  void bytesLeftOverWhenKeysChangeAreRefused() throws Exception {
    ScriptedServer script = scripted();
    for (byte[] rest : new byte[][] {{8}, {8, 0, 0}, ScriptedServer.encryptedExtensions()}) {
      Alerts.assertViolatesQuic(
          scripted().client, "left over", INITIAL, join(script.hello(), rest));
      Alerts.assertViolatesQuic(
          Peer.server(SERVER),
          "left over",
          INITIAL,
          join(new HelloBuilder().build(), new byte[] {20}));
    }
    ScriptedServer finishing = scripted().sendUpToFinished();
    Alerts.assertViolatesQuic(
        finishing.client, "left over", HANDSHAKE, join(finishing.finished(), new byte[] {4}));

    Peer client = Peer.client(CLIENT);
    Peer server = Peer.server(SERVER);
    client.deliverTo(server);
    server.deliverTo(client);
    Alerts.assertViolatesQuic(
        server, "left over", HANDSHAKE, join(client.take(HANDSHAKE), new byte[] {20}));
  }

  // The same when they come in a later call, but still at the old level.
  @Test
  void bytesAfterTheLastMessageOfALevelAreRefused() throws Exception {
    ScriptedServer script = scripted().sendHello();
    Alerts.assertViolatesQuic(script.client, "left over", INITIAL, new byte[] {8});
  }

  // RFC 9001 §4.4
  @Test
  void noCertificateIsAskedForAfterTheHandshake() throws Exception {
    Alerts.assertViolatesQuic(
        scripted().complete().client, "", APPLICATION, new byte[] {13 /* CertificateRequest */});
  }

  // RFC 9001 §6
  @Test
  void keyUpdateIsRefusedByBoth() throws Exception {
    byte[] keyUpdate = message(24, new byte[] {0});
    Alerts.assertRefuses(scripted().complete().client, UNEXPECTED_MESSAGE, APPLICATION, keyUpdate);
    Alerts.assertRefuses(
        servers().get(ServerState.CONNECTED).run(), UNEXPECTED_MESSAGE, APPLICATION, keyUpdate);
  }

  // RFC 9001 §8.3
  @Test
  void endOfEarlyDataIsRefused() throws Exception {
    Alerts.assertRefuses(
        servers().get(ServerState.WAIT_FINISHED).run(),
        UNEXPECTED_MESSAGE,
        HANDSHAKE,
        message(5, new byte[0]));
  }

  // RFC 8446 §4.4.2: without a PSK nobody is authenticated but by a certificate.
  @Test
  void certificateAndItsProofCannotBeLeftOut() throws Exception {
    ScriptedServer script = scripted().sendHello().send(ScriptedServer.encryptedExtensions());
    Alerts.assertRefuses(script.client, UNEXPECTED_MESSAGE, HANDSHAKE, script.finished());
    script =
        scripted()
            .sendHello()
            .send(ScriptedServer.encryptedExtensions())
            .send(ScriptedServer.certificate("p256"));
    Alerts.assertRefuses(script.client, UNEXPECTED_MESSAGE, HANDSHAKE, script.finished());
  }

  @Test
  void messagesAreBoundedByTheirType() throws Exception {
    for (Map.Entry<ClientState, Setup> entry : clients().entrySet()) {
      for (int type : legal(entry.getKey())) {
        int max = HandshakeType.of(type).maxBodyBytes();
        Alerts.assertRefuses(
            entry.getValue().run(),
            ILLEGAL_PARAMETER,
            entry.getKey() + " " + type,
            level(entry.getKey()),
            header(type, max + 1));
        entry.getValue().run().receive(level(entry.getKey()), header(type, max)); // awaited
      }
    }
    int max = HandshakeType.CLIENT_HELLO.maxBodyBytes();
    Alerts.assertRefuses(Peer.server(SERVER), ILLEGAL_PARAMETER, INITIAL, header(1, max + 1));
    Alerts.assertRefuses(Peer.server(SERVER), ILLEGAL_PARAMETER, INITIAL, header(1, 0xffffff));
    Peer.server(SERVER).receive(INITIAL, header(1, max));
  }

  @Test
  void aHelloAsLongAsAllowedIsAccepted() throws Exception {
    HelloBuilder hello = new HelloBuilder();
    int padding = HandshakeType.CLIENT_HELLO.maxBodyBytes() - (hello.build().length - 4) - 4;
    Peer server = Peer.server(SERVER);
    server.receive(INITIAL, hello.adding(21, new byte[padding]).build());
    assertEquals(2, server.outgoing.size());
  }

  // Memory follows what arrived, not what a header announces.
  @Test
  void messagesGrowInPieces() throws Exception {
    MessageInput input = new MessageInput();
    byte[] body = new byte[60_000];
    new java.util.Random(1).nextBytes(body);
    byte[] whole = message(11, body);
    for (int step : new int[] {1, 3, 4, 5, 1000, 1025, 59_000, whole.length}) {
      List<HandshakeMessage> messages = new ArrayList<>();
      byte[] twice = join(whole, whole);
      for (int at = 0; at < twice.length; at += step) {
        input.offer(twice, at, Math.min(step, twice.length - at));
        for (HandshakeMessage m; (m = input.next(type -> {})) != null; ) {
          messages.add(m);
        }
      }
      input.requireEmpty();
      assertEquals(2, messages.size());
      for (HandshakeMessage m : messages) {
        assertEquals(HandshakeType.CERTIFICATE, m.type());
        org.junit.jupiter.api.Assertions.assertArrayEquals(whole, m.encoded());
      }
    }
    assertNull(input.next(type -> {}));
  }

  private static byte[] header(int type, int length) {
    return new byte[] {(byte) type, (byte) (length >> 16), (byte) (length >> 8), (byte) length};
  }
}
