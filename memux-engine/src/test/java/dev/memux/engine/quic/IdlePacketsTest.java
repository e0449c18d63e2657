package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.RangeSet;
import dev.memux.engine.wire.TransportError;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Packets that only cost (RFC 9000 §21.9). */
class IdlePacketsTest {
  private final ConnectedPair pair = new ConnectedPair().settle();

  @Test
  void aFloodOfPingsEndsTheConnection() {
    assertFloodEnds(FrameWriter::ping, IdlePackets.ALLOWED);
  }

  @Test
  void aFloodOfPaddingEndsTheConnection() {
    assertFloodEnds(w -> w.padTo(w.position() + 20), IdlePackets.ALLOWED);
  }

  @Test
  void aFloodOfAcknowledgementsEndsTheConnection() {
    pair.forgeToServer(w -> w.ack(first(), 0)); // may be news
    assertFloodEnds(w -> w.ack(first(), 0), IdlePackets.ALLOWED);
  }

  @Test
  void aFloodOfPathChallengesEndsTheConnection() {
    assertFloodEnds(w -> w.pathChallenge(1), IdlePackets.ALLOWED);
  }

  /** draft-ietf-quic-ack-frequency §5: "if a large number of received packets contain" one. */
  @Test
  void aFloodOfImmediateAcksEndsTheConnection() {
    assertFloodEnds(FrameWriter::immediateAck, IdlePackets.ALLOWED);
  }

  @Test
  void aFloodOfAckFrequenciesEndsTheConnection() {
    assertFloodEnds(w -> w.ackFrequency(1, 1, 25_000, 1), IdlePackets.ALLOWED);
  }

  @Test
  void aFloodOfHandshakeDataThatLeadsNowhereEndsTheConnection() {
    assertFloodEnds(
        w -> {
          w.crypto(10, 1);
          w.advance(1);
        },
        IdlePackets.ALLOWED);
  }

  @Test
  void acknowledgementsCountOneByOneWithinAPacket() {
    int perPacket = 64;
    pair.forgeToServer(w -> w.ack(first(), 0)); // may be news
    assertFloodEnds(
        w -> {
          for (int i = 0; i < perPacket; i++) {
            w.ack(first(), 0);
          }
        },
        IdlePackets.ALLOWED / perPacket);
  }

  @Test
  void aFloodBeforeTheHandshakeIsOverEndsItToo() {
    ConnectedPair early = ConnectedPair.withShortHello();
    early.deliverToServer();
    for (int i = 0; i <= IdlePackets.ALLOWED; i++) {
      early.sendToServer(ConnectedPair.forge(early.client, PacketType.INITIAL, FrameWriter::ping));
    }
    assertTrue(!early.server().isOpen());
  }

  @Test
  void aPingEveryNowAndThenIsWelcomeForEver() {
    long pause = ConnectedPair.SECOND / IdlePackets.ALLOWED_PER_SECOND;
    for (int i = 0; i < 4 * IdlePackets.ALLOWED; i++) {
      pair.now += pause;
      pair.forgeToServer(FrameWriter::ping);
    }
    assertTrue(pair.server().isOpen());
  }

  @Test
  void packetsThatBringSomethingMakeUpForOthers() {
    MuxStream stream = pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    for (int i = 0; i < 4 * IdlePackets.ALLOWED; i++) {
      pair.sendToServer(pair.forgeSent(pair.client, PacketType.ONE_RTT, FrameWriter::ping));
      stream.write(ByteBuffer.allocate(10));
      pair.runUntil(pair.now + ConnectedPair.MILLI);
    }
    assertTrue(pair.server().isOpen());
  }

  /** Of the server's first packet, which was acknowledged in the handshake. */
  private static RangeSet first() {
    RangeSet acked = new RangeSet();
    acked.add(0, 1);
    return acked;
  }

  private void assertFloodEnds(Consumer<FrameWriter> frames, int allowed) {
    for (int i = 0; i < allowed; i++) {
      pair.forgeToServer(frames);
      assertTrue(pair.server().isOpen(), "after " + i);
    }
    pair.forgeToServer(frames);
    CloseReason reason = ConnectedPair.closeReason(pair.serverEvents);
    assertNotNull(reason);
    assertEquals(TransportError.PROTOCOL_VIOLATION, reason.code(), reason.toString());
    assertEquals("too many packets that bring nothing", reason.reason());
  }
}
