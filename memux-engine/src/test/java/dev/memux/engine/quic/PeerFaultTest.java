package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.RangeSet;
import dev.memux.engine.wire.TransportError;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Each fault of a peer ends the connection with the code that the RFC says. */
class PeerFaultTest {
  private static void assertServerCloses(long code, Consumer<FrameWriter> frames) {
    ConnectedPair pair = new ConnectedPair().settle();
    pair.forgeToServer(frames);
    assertClosed(code, pair.serverEvents);
    pair.settle();
    CloseReason atClient = ConnectedPair.closeReason(pair.clientEvents);
    assertNotNull(atClient, "the client was not told");
    assertEquals(Origin.PEER, atClient.origin());
    assertEquals(code, atClient.code());
  }

  /** Where the forged IDs keep the client from hearing of it. */
  private static void assertServerFinds(long code, Consumer<FrameWriter> frames) {
    ConnectedPair pair = new ConnectedPair().settle();
    pair.forgeToServer(frames);
    assertClosed(code, pair.serverEvents);
  }

  private static void assertClientCloses(long code, Consumer<FrameWriter> frames) {
    ConnectedPair pair = new ConnectedPair().settle();
    pair.forgeToClient(frames);
    assertClosed(code, pair.clientEvents);
  }

  private static void assertClosed(long code, List<ConnectionEvent> events) {
    CloseReason reason = ConnectedPair.closeReason(events);
    assertNotNull(reason, "still open");
    assertEquals(Origin.LOCAL, reason.origin());
    assertFalse(reason.application());
    assertEquals(TransportError.name(code), TransportError.name(reason.code()), reason.reason());
  }

  private static Consumer<FrameWriter> raw(int... bytes) {
    return writer -> {
      for (int b : bytes) {
        writer.buffer()[writer.position()] = (byte) b;
        writer.advance(1);
      }
    };
  }

  @Test
  void unknownFrame() {
    // RFC 9000 §12.4
    assertServerCloses(TransportError.FRAME_ENCODING_ERROR, raw(0x21, 0, 0));
  }

  @Test
  void handshakeDoneFromAClient() {
    // RFC 9000 §19.20
    assertServerCloses(TransportError.PROTOCOL_VIOLATION, FrameWriter::handshakeDone);
  }

  @Test
  void newTokenFromAClient() {
    // RFC 9000 §19.7
    assertServerCloses(TransportError.PROTOCOL_VIOLATION, raw(0x07, 1, 1));
  }

  /** draft-ietf-quic-ack-frequency §4. */
  @Test
  void acknowledgementsSoonerThanWeAreWillingTo() {
    assertServerCloses(TransportError.PROTOCOL_VIOLATION, w -> w.ackFrequency(0, 1, 999, 1));
  }

  @Test
  void datagramThatWasNotAnnounced() {
    // RFC 9221 §3
    assertServerCloses(
        TransportError.PROTOCOL_VIOLATION, writer -> writer.datagram(new byte[] {1}));
  }

  @Test
  void resetThatPromisesMoreThanThereIs() {
    // draft-ietf-quic-reliable-stream-reset §4
    assertServerCloses(
        TransportError.FRAME_ENCODING_ERROR, writer -> writer.resetStreamAt(0, 0, 5, 6));
  }

  @Test
  void streamAboveTheLimit() {
    // RFC 9000 §4.6: the 101st bidirectional stream of a client.
    assertServerCloses(TransportError.STREAM_LIMIT_ERROR, writer -> writer.stream(400, 0, 0, true));
  }

  @Test
  void dataOnAStreamThatOnlyWeSendOn() {
    // RFC 9000 §19.8: the server's first unidirectional stream.
    assertServerCloses(TransportError.STREAM_STATE_ERROR, writer -> writer.stream(3, 0, 0, true));
  }

  @Test
  void dataOnAStreamThatWeNeverOpened() {
    // RFC 9000 §19.8
    assertServerCloses(TransportError.STREAM_STATE_ERROR, writer -> writer.stream(1, 0, 0, true));
  }

  @Test
  void creditForAStreamThatOnlyThePeerSendsOn() {
    // RFC 9000 §19.10
    assertServerCloses(
        TransportError.STREAM_STATE_ERROR, writer -> writer.maxStreamData(2, 1_000_000));
  }

  @Test
  void dataBeyondTheStreamLimit() {
    // RFC 9000 §4.1
    long window = QuicConfig.DEFAULT.mux().streamWindowBytes();
    assertServerCloses(
        TransportError.FLOW_CONTROL_ERROR, writer -> writer.stream(0, window + 1, 0, true));
  }

  @Test
  void dataBeyondTheConnectionLimit() {
    // RFC 9000 §4.1: each stream within its limit, together above the connection's.
    long window = QuicConfig.DEFAULT.mux().streamWindowBytes();
    assertServerCloses(
        TransportError.FLOW_CONTROL_ERROR,
        writer -> {
          for (int id = 0; id < 12; id += 4) {
            writer.stream(id, window - 1, 0, true);
          }
        });
  }

  @Test
  void finalSizeThatChanges() {
    // RFC 9000 §4.5
    assertServerCloses(
        TransportError.FINAL_SIZE_ERROR,
        writer -> {
          writer.stream(0, 10, 0, true);
          writer.resetStream(0, 7, 11);
        });
  }

  @Test
  void streamLimitThatNoIntegerCanHold() {
    // RFC 9000 §19.11
    assertServerCloses(
        TransportError.FRAME_ENCODING_ERROR, writer -> writer.maxStreams(true, (1L << 60) + 1));
  }

  @Test
  void acknowledgementOfAPacketNeverSent() {
    // RFC 9000 §13.1
    RangeSet never = new RangeSet();
    never.add(1_000_000, 1_000_001);
    assertServerCloses(TransportError.PROTOCOL_VIOLATION, writer -> writer.ack(never, 0));
  }

  @Test
  void retirementOfAnIdNeverIssued() {
    // RFC 9000 §19.16
    assertServerCloses(
        TransportError.PROTOCOL_VIOLATION, writer -> writer.retireConnectionId(1000));
  }

  @Test
  void retirementOfTheIdThatThePacketCameTo() {
    // RFC 9000 §19.16
    assertServerCloses(TransportError.PROTOCOL_VIOLATION, writer -> writer.retireConnectionId(0));
  }

  @Test
  void moreConnectionIdsThanWeTake() {
    // RFC 9000 §5.1.1
    assertServerCloses(
        TransportError.CONNECTION_ID_LIMIT_ERROR,
        writer -> {
          for (int i = 10; i < 10 + PeerConnectionIds.ACTIVE_LIMIT; i++) {
            writer.newConnectionId(i, 0, new byte[] {(byte) i, 1, 2, 3}, new byte[16]);
          }
        });
  }

  @Test
  void connectionIdReissuedUnderAnotherNumber() {
    // RFC 9000 §19.15
    assertServerFinds(
        TransportError.PROTOCOL_VIOLATION,
        writer -> {
          writer.newConnectionId(10, 10, new byte[] {1, 2, 3, 4}, new byte[16]);
          writer.newConnectionId(11, 10, new byte[] {1, 2, 3, 4}, new byte[16]);
        });
  }

  @Test
  void retirementsFasterThanWeCanConfirmThem() {
    // RFC 9000 §5.1.2: the bound on IDs being retired.
    assertServerFinds(
        TransportError.CONNECTION_ID_LIMIT_ERROR,
        writer -> {
          for (int i = 10; i < 11 + PeerConnectionIds.MAX_RETIRING; i++) {
            writer.newConnectionId(i, i, new byte[] {(byte) i, 1, 2, 3}, new byte[16]);
          }
        });
  }

  @Test
  void answerToAChallengeThatWasNeverSent() {
    // RFC 9000 §19.18
    assertServerCloses(TransportError.PROTOCOL_VIOLATION, writer -> writer.pathResponse(1));
  }

  @Test
  void handshakeDataTooFarAhead() {
    // RFC 9000 §7.5
    assertServerCloses(
        TransportError.CRYPTO_BUFFER_EXCEEDED,
        writer -> {
          int length = writer.crypto(CryptoStream.MAX_BUFFERED_BYTES, 1);
          writer.advance(length);
        });
  }

  @Test
  void initialHandshakeDataTooFarAhead() {
    // RFC 9000 §7.5; anyone can send it, so the limit is lower.
    ConnectedPair pair = ConnectedPair.withShortHello();
    pair.sendToServer(initialCrypto(pair, CryptoStream.MAX_INITIAL_BUFFERED_BYTES - 1));
    assertTrue(pair.server().isOpen());
    pair.sendToServer(initialCrypto(pair, CryptoStream.MAX_INITIAL_BUFFERED_BYTES));
    pair.settle();
    CloseReason reason = ConnectedPair.closeReason(pair.serverEvents);
    assertNotNull(reason);
    assertEquals(TransportError.CRYPTO_BUFFER_EXCEEDED, reason.code());
  }

  private static byte[] initialCrypto(ConnectedPair pair, long offset) {
    return ConnectedPair.forge(
        pair.client,
        PacketType.INITIAL,
        writer -> {
          writer.crypto(offset, 1);
          writer.advance(1);
        });
  }

  @Test
  void postHandshakeMessageThatQuicForbids() {
    // RFC 9001 §6: a KeyUpdate message; unexpected_message is alert 10.
    assertClientCloses(TransportError.CRYPTO_ERROR + 10, crypto(24, 0, 0, 1, 0));
  }

  @Test
  void ticketThatBoundsEarlyDataItself() {
    // RFC 9001 §4.6.1: in QUIC flow control bounds it, and max_early_data_size is 0xffffffff. The
    // rule is QUIC's, so its own code tells of it, and no alert.
    assertClientCloses(TransportError.PROTOCOL_VIOLATION, crypto(ticket(0, 0, 64, 0)));
    assertClientCloses(TransportError.PROTOCOL_VIOLATION, crypto(ticket(255, 255, 255, 254)));
    // What TLS forbids as well stays an alert: decode_error is 50.
    assertClientCloses(TransportError.CRYPTO_ERROR + 50, crypto(ticket(255, 255, 255)));
  }

  /** A NewSessionTicket with that value of early_data. */
  private static int[] ticket(int... maxEarlyData) {
    int value = maxEarlyData.length;
    int[] head = {
      4,
      0,
      0,
      18 + value, // type and length
      0,
      0,
      0,
      60,
      0,
      0,
      0,
      0, // lifetime and age
      0,
      0,
      1,
      7, // nonce and ticket
      0,
      4 + value,
      0,
      42,
      0,
      value
    };
    int[] message = Arrays.copyOf(head, head.length + value);
    System.arraycopy(maxEarlyData, 0, message, head.length, value);
    return message;
  }

  private static Consumer<FrameWriter> crypto(int... bytes) {
    return writer -> {
      assertEquals(bytes.length, writer.crypto(0, bytes.length));
      raw(bytes).accept(writer);
    };
  }

  @Test
  void packetWithoutFrames() {
    // RFC 9000 §12.4; four bytes are needed for the sample, so the shortest is all PADDING: legal.
    ConnectedPair pair = new ConnectedPair().settle();
    pair.forgeToServer(writer -> writer.padTo(writer.position() + 4));
    assertTrue(pair.server().isOpen());
  }

  @Test
  void reservedBits() {
    // RFC 9000 §17.3.1
    ConnectedPair pair = new ConnectedPair().settle();
    pair.sendToServer(
        ConnectedPair.forge(pair.client, PacketType.ONE_RTT, 0x18, FrameWriter::ping));
    pair.settle();
    assertClosed(TransportError.PROTOCOL_VIOLATION, pair.serverEvents);
  }

  @Test
  void streamFrameInAnInitialPacket() {
    // RFC 9000 §12.4, table 3
    ConnectedPair pair = new ConnectedPair();
    byte[] packet =
        ConnectedPair.forge(
            pair.client, PacketType.INITIAL, writer -> writer.stream(0, 0, 0, true));
    pair.sendToServer(packet);
    pair.settle();
    assertTrue(pair.hasServer());
    assertClosed(TransportError.PROTOCOL_VIOLATION, pair.serverEvents);
  }

  @Test
  void applicationCloseInAnInitialPacket() {
    // RFC 9000 §12.5
    ConnectedPair pair = new ConnectedPair();
    pair.sendToServer(
        ConnectedPair.forge(
            pair.client, PacketType.INITIAL, writer -> writer.connectionClose(true, 1, 0, "")));
    pair.settle();
    assertClosed(TransportError.PROTOCOL_VIOLATION, pair.serverEvents);
  }
}
