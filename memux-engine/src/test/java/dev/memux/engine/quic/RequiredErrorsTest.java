package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.packet.PacketsWithoutFrames;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.SessionCache;
import dev.memux.tls.StrikeRegister;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsServerConfig;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a client must not do to a server, and the error that RFC 9000 and RFC 9001 require: the
 * server closes with it, and the client is told.
 */
class RequiredErrorsTest {
  private static final int UNEXPECTED_MESSAGE = 10;
  private static final int MISSING_EXTENSION = 109;
  private static final int NO_APPLICATION_PROTOCOL = 120;
  private static final int QUIC_TRANSPORT_PARAMETERS = 57;

  /** A breach, and what either side then knows. */
  private interface Breach {
    Ends commit();
  }

  private record Ends(List<ConnectionEvent> server, List<ConnectionEvent> client) {}

  static Stream<Arguments> transport() {
    long window = QuicConfig.DEFAULT.mux().streamWindowBytes();
    return Stream.of(
        arguments(
            "§4.1 a STREAM frame beyond the stream's limit",
            TransportError.FLOW_CONTROL_ERROR,
            oneRtt(w -> w.stream(0, window + 1, 0, true))),
        arguments(
            "§4.6 a stream beyond the limit",
            TransportError.STREAM_LIMIT_ERROR,
            oneRtt(w -> w.stream(400, 0, 0, true))),
        arguments(
            "§12.4 a frame of unknown type",
            TransportError.FRAME_ENCODING_ERROR,
            oneRtt(raw(0x21))),
        arguments(
            "§12.4 a packet without frames",
            TransportError.PROTOCOL_VIOLATION,
            (Breach) RequiredErrorsTest::noFrames),
        arguments(
            "§17.2 reserved bits of a Handshake packet",
            TransportError.PROTOCOL_VIOLATION,
            handshake(0x0c, FrameWriter::ping)),
        arguments(
            "§17.2.4 PATH_CHALLENGE in a Handshake packet",
            TransportError.PROTOCOL_VIOLATION,
            handshake(0, w -> w.pathChallenge(1))),
        arguments(
            "§17.3.1 reserved bits of a short header",
            TransportError.PROTOCOL_VIOLATION,
            oneRtt(0x18, FrameWriter::ping)),
        arguments(
            "§19.4 RESET_STREAM for a stream that only the server sends on",
            TransportError.STREAM_STATE_ERROR,
            oneRtt(w -> w.resetStream(3, 0, 0))),
        arguments(
            "§19.5 STOP_SENDING for a stream that does not exist",
            TransportError.STREAM_STATE_ERROR,
            oneRtt(w -> w.stopSending(1, 0))),
        arguments(
            "§19.7 NEW_TOKEN from a client",
            TransportError.PROTOCOL_VIOLATION,
            oneRtt(w -> w.newToken(new byte[] {1}))),
        arguments(
            "§19.8 STREAM for a stream that the server has not opened",
            TransportError.STREAM_STATE_ERROR,
            oneRtt(w -> w.stream(1, 0, 0, true))),
        arguments(
            "§19.8 STREAM for a stream that only the server sends on",
            TransportError.STREAM_STATE_ERROR,
            oneRtt(w -> w.stream(3, 0, 0, true))),
        arguments(
            "§19.10 MAX_STREAM_DATA for a stream that the server has not opened",
            TransportError.STREAM_STATE_ERROR,
            oneRtt(w -> w.maxStreamData(1, 1))),
        arguments(
            "§19.10 MAX_STREAM_DATA for a stream that only the client sends on",
            TransportError.STREAM_STATE_ERROR,
            oneRtt(w -> w.maxStreamData(2, 1))),
        arguments(
            "§19.11 MAX_STREAMS above 2^60",
            TransportError.FRAME_ENCODING_ERROR,
            oneRtt(w -> w.maxStreams(true, (1L << 60) + 1))),
        arguments(
            "§19.14 STREAMS_BLOCKED above 2^60",
            TransportError.FRAME_ENCODING_ERROR,
            oneRtt(w -> w.streamsBlocked(true, (1L << 60) + 1))),
        arguments(
            "§19.15 NEW_CONNECTION_ID that retires itself",
            TransportError.FRAME_ENCODING_ERROR,
            oneRtt(w -> w.newConnectionId(5, 6, new byte[8], new byte[16]))),
        arguments(
            "§19.15 NEW_CONNECTION_ID without an ID",
            TransportError.FRAME_ENCODING_ERROR,
            oneRtt(raw(0x18, 5, 0, 0))),
        arguments(
            "§19.20 HANDSHAKE_DONE from a client",
            TransportError.PROTOCOL_VIOLATION,
            oneRtt(FrameWriter::handshakeDone)));
  }

  static Stream<Arguments> parameters() {
    return Stream.of(
        arguments("§7.3 initial_source_connection_id missing", with(all -> new byte[0])),
        arguments("§18.2 original_destination_connection_id", appended("00 04 01020304")),
        arguments("§18.2 preferred_address", appended("0d 00")),
        arguments("§18.2 retry_source_connection_id", appended("10 04 01020304")),
        arguments("§18.2 stateless_reset_token", appended("02 10" + "ab".repeat(16))),
        arguments("§7.4, §18.2 max_udp_payload_size of 1199", appended("03 02 44af")),
        arguments("§7.4, §18.2 ack_delay_exponent of 21", appended("0a 01 15")),
        arguments("§7.4, §18.2 max_ack_delay of 2^14", appended("0b 04 80004000")));
  }

  static Stream<Arguments> tls() {
    return Stream.of(
        arguments(
            "§6 KeyUpdate in a Handshake packet",
            UNEXPECTED_MESSAGE,
            handshake(0, crypto(24, 0, 0, 1, 0))),
        arguments(
            "§6 KeyUpdate in a 1-RTT packet", UNEXPECTED_MESSAGE, oneRtt(crypto(24, 0, 0, 1, 0))),
        arguments(
            "§8.1 no application protocol in common",
            NO_APPLICATION_PROTOCOL,
            (Breach) RequiredErrorsTest::otherProtocol),
        arguments(
            "§8.2 no transport parameters",
            MISSING_EXTENSION,
            (Breach)
                () ->
                    ends(
                        new ScriptedClient(
                            UnaryOperator.identity(),
                            hello -> withoutExtension(hello, QUIC_TRANSPORT_PARAMETERS)))),
        arguments("§8.3 EndOfEarlyData", UNEXPECTED_MESSAGE, handshake(0, crypto(5, 0, 0, 0))));
  }

  @ParameterizedTest(name = "RFC 9000 {0}")
  @MethodSource("transport")
  void aTransportErrorIsRequired(String what, long code, Breach breach) {
    assertCloses(code, breach.commit());
  }

  @ParameterizedTest(name = "RFC 9000 {0}")
  @MethodSource("parameters")
  void aTransportParameterErrorIsRequired(String what, Breach breach) {
    assertCloses(TransportError.TRANSPORT_PARAMETER_ERROR, breach.commit());
  }

  @ParameterizedTest(name = "RFC 9001 {0}")
  @MethodSource("tls")
  void aTlsAlertIsRequired(String what, int alert, Breach breach) {
    assertCloses(TransportError.CRYPTO_ERROR + alert, breach.commit());
  }

  /** RFC 9001 §8.3: handshake data in a 0-RTT packet. */
  @Test
  void handshakeDataInAZeroRttPacket() {
    assertCloses(TransportError.PROTOCOL_VIOLATION, cryptoInZeroRtt());
  }

  private static void assertCloses(long code, Ends ends) {
    CloseReason atServer = ConnectedPair.closeReason(ends.server());
    assertNotNull(atServer, "still open");
    assertEquals(Origin.LOCAL, atServer.origin());
    assertEquals(
        TransportError.name(code), TransportError.name(atServer.code()), atServer.reason());
    CloseReason atClient = ConnectedPair.closeReason(ends.client());
    assertNotNull(atClient, "the client was not told");
    assertEquals(Origin.PEER, atClient.origin());
    assertEquals(code, atClient.code());
  }

  private static Breach oneRtt(Consumer<FrameWriter> frames) {
    return oneRtt(0, frames);
  }

  private static Breach oneRtt(int reservedBits, Consumer<FrameWriter> frames) {
    return () -> {
      ConnectedPair pair = new ConnectedPair().settle();
      pair.sendToServer(ConnectedPair.forge(pair.client, PacketType.ONE_RTT, reservedBits, frames));
      return ends(pair.settle());
    };
  }

  /** When the client has handshake keys, and has not used them. */
  private static Breach handshake(int reservedBits, Consumer<FrameWriter> frames) {
    return () -> {
      ConnectedPair pair = ConnectedPair.withShortHello();
      pair.deliverToServer();
      pair.deliverToClient();
      pair.sendToServer(
          ConnectedPair.forge(pair.client, PacketType.HANDSHAKE, reservedBits, frames));
      return ends(pair.settle());
    };
  }

  private static Ends ends(ConnectedPair pair) {
    return new Ends(pair.serverEvents, pair.clientEvents);
  }

  private static Ends ends(ScriptedClient script) {
    script.settle();
    return new Ends(script.serverEvents, script.clientEvents);
  }

  private static Breach with(UnaryOperator<byte[]> change) {
    return () -> ends(new ScriptedClient(change, UnaryOperator.identity()));
  }

  private static Breach appended(String parameter) {
    byte[] more = HexFormat.of().parseHex(parameter.replace(" ", ""));
    return with(
        encoded -> {
          byte[] all = Arrays.copyOf(encoded, encoded.length + more.length);
          System.arraycopy(more, 0, all, encoded.length, more.length);
          return all;
        });
  }

  private static Ends noFrames() {
    ConnectedPair pair = ConnectedPair.withShortHello();
    pair.deliverToServer();
    pair.sendToServer(
        PacketsWithoutFrames.initial(
            pair.client.start().original(),
            pair.client.localIds().first(),
            100,
            QuicConfig.MIN_DATAGRAM_BYTES));
    return ends(pair.settle());
  }

  private static Ends otherProtocol() {
    return ends(
        new ConnectedPair(
                QuicConfig.DEFAULT,
                QuicConfig.DEFAULT,
                ConnectedPair.clientTls("other"),
                ConnectedPair.serverTls("test"))
            .settle());
  }

  private static Ends cryptoInZeroRtt() {
    InstantSource clock = InstantSource.fixed(Instant.now());
    TlsClientConfig client =
        ConnectedPair.clientTlsBuilder("test")
            .sessionCache(SessionCache.inMemory(1), clock)
            .offerEarlyData()
            .build();
    TlsServerConfig server =
        ConnectedPair.serverTls("test", 1)
            .ticketKeys(new TicketKeys(Duration.ofHours(1), clock, new SecureRandom()))
            .earlyData(new StrikeRegister(Duration.ofSeconds(10), 100, clock), new byte[0])
            .build();
    new ConnectedPair(QuicConfig.DEFAULT, QuicConfig.DEFAULT, client, server).settle();
    ConnectedPair pair = new ConnectedPair(QuicConfig.DEFAULT, QuicConfig.DEFAULT, client, server);
    byte[] early = ConnectedPair.forge(pair.client, PacketType.ZERO_RTT, crypto(20, 0, 0, 0));
    pair.deliverToServer();
    pair.sendToServer(early);
    return ends(pair.settle());
  }

  private static Consumer<FrameWriter> raw(int... bytes) {
    return writer -> {
      for (int b : bytes) {
        writer.buffer()[writer.position()] = (byte) b;
        writer.advance(1);
      }
    };
  }

  /** A handshake message at the beginning of its level. */
  private static Consumer<FrameWriter> crypto(int... message) {
    return writer -> {
      writer.crypto(0, message.length);
      raw(message).accept(writer);
    };
  }

  /** RFC 8446 §4.1.2, but for one of the extensions. */
  private static byte[] withoutExtension(byte[] hello, int type) {
    ByteBuffer in = ByteBuffer.wrap(hello);
    in.position(4 + 2 + 32);
    in.position(in.position() + 1 + in.get(in.position())); // legacy_session_id
    in.position(in.position() + 2 + in.getShort(in.position())); // cipher_suites
    in.position(in.position() + 1 + in.get(in.position())); // legacy_compression_methods
    int extensionsFrom = in.position();
    in.position(extensionsFrom + 2);
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    while (in.hasRemaining()) {
      int from = in.position();
      int found = in.getShort() & 0xffff;
      in.position(in.position() + 2 + in.getShort(in.position()));
      if (found != type) {
        kept.write(hello, from, in.position() - from);
      }
    }
    ByteBuffer out = ByteBuffer.allocate(extensionsFrom + 2 + kept.size());
    out.put(hello, 0, extensionsFrom).putShort((short) kept.size()).put(kept.toByteArray());
    out.putInt(0, (hello[0] << 24) | (out.capacity() - 4));
    return out.array();
  }
}
