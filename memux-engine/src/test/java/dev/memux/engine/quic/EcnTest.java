package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.packet.PacketType;
import dev.memux.engine.recovery.ReceivedPackets;
import dev.memux.engine.wire.EcnCounts;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** RFC 9000 §13.4.1: who can read ECN codepoints tells the sender of them. */
class EcnTest {
  private final byte[] frame = new byte[100];

  @Test
  void aPacketIsCountedOnceHoweverOftenItArrives() {
    ConnectedPair pair = new ConnectedPair().settle();
    pair.ecnToServer = EcnCounts.ECT_0;
    byte[] datagram = ConnectedPair.forge(pair.client, PacketType.ONE_RTT, FrameWriter::ping);
    pair.sendToServer(datagram.clone()); // it is written to
    pair.sendToServer(datagram);
    ReceivedPackets received = pair.server().space(PacketType.ONE_RTT).received;
    byte[] ack = ack(received, pair.now);
    assertEquals(FrameType.ACK_ECN.code(), ack[0]);
    assertArrayEquals(new byte[] {1, 0, 0}, Arrays.copyOfRange(ack, ack.length - 3, ack.length));
  }

  private byte[] ack(ReceivedPackets received, long nowNanos) {
    FrameWriter writer = new FrameWriter();
    writer.reset(frame, 0, frame.length);
    assertTrue(received.writeAck(writer, nowNanos, 3, new SentFrames()));
    return Arrays.copyOf(frame, writer.position());
  }
}
