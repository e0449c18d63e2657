package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** What datagrams look like as a whole. */
class DatagramAssemblerTest {
  @Test
  void aPacketGivenUpLeavesNoTraceInThePaddingOfTheOneBefore() {
    // The client wants to say STREAMS_BLOCKED; when it can, the server's limits have made it moot,
    // and its 1-RTT packet, behind a Handshake packet that must be padded, stays empty.
    ConnectedPair pair = new ConnectedPair();
    assertNull(pair.client.mux().open(StreamType.BIDIRECTIONAL, Priority.DEFAULT));
    pair.deliverToServer();
    pair.deliverToClient();
    FrameWriter nowhere = new FrameWriter();
    nowhere.reset(new byte[1000], 0, 1000);
    pair.client.localIds().write(nowhere, new SentFrames());
    pair.settle();
    assertNull(ConnectedPair.closeReason(pair.serverEvents));
    assertTrue(pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()));
  }

  @Test
  void aPathResponseComesInADatagramOfFullSize() {
    // RFC 9000 §8.2.2: it shows that the path takes such datagrams both ways.
    ConnectedPair pair = new ConnectedPair().settle();
    int[] largest = {0};
    pair.toClient =
        d -> {
          largest[0] = Math.max(largest[0], d.length);
          return false;
        };
    pair.forgeToServer(writer -> writer.pathChallenge(7));
    pair.deliverToClient();
    assertEquals(QuicConfig.MIN_DATAGRAM_BYTES, largest[0]);
  }

  @Test
  void largeDatagramsWorkOnBothSides() {
    for (int bytes : new int[] {1201, 1452, 3600, 3601, 9000, 65_507}) {
      QuicConfig large = QuicConfig.DEFAULT.withMaxDatagramBytes(bytes);
      assertTransfers(new ConnectedPair(large, large), bytes);
      assertTransfers(new ConnectedPair(QuicConfig.DEFAULT, large), bytes);
      assertTransfers(new ConnectedPair(large, QuicConfig.DEFAULT), bytes);
    }
  }

  private static void assertTransfers(ConnectedPair pair, int bytes) {
    long began = pair.now;
    pair.settle();
    assertTrue(
        pair.clientEvents.contains(new ConnectionEvent.HandshakeConfirmed()), "waits: " + bytes);
    assertEquals(began, pair.now);
    MuxStream out = pair.client.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(out);
    assertEquals(100_000, out.write(ByteBuffer.allocate(100_000)));
    out.finish();
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    MuxStream in = pair.server().mux().pollStream();
    assertNotNull(in);
    ByteBuffer all = ByteBuffer.allocate(100_001);
    assertEquals(100_000, in.read(all));
    assertEquals(-1, in.read(all));
  }

  @Test
  void aServersDatagramsStayWithinItsAllowanceWhateverTheirSize() {
    // RFC 9000 §8.1
    for (int bytes : new int[] {1200, 1452, 9000, 65_507}) {
      ConnectedPair pair =
          new ConnectedPair(QuicConfig.DEFAULT, QuicConfig.DEFAULT.withMaxDatagramBytes(bytes));
      pair.toClient = d -> false;
      pair.runUntil(pair.now + 5 * ConnectedPair.SECOND);
      assertTrue(pair.bytesToClient >= QuicConfig.MIN_DATAGRAM_BYTES, "silent: " + bytes);
      assertTrue(
          pair.bytesToClient <= 3 * pair.bytesToServer,
          pair.bytesToClient + " for " + pair.bytesToServer);
    }
  }
}
