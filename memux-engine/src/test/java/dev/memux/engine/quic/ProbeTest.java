package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.schedule.Priority;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** RFC 9002 §6.2.4. */
class ProbeTest {
  private static void send(QuicConnection from) {
    MuxStream stream = from.mux().open(StreamType.UNIDIRECTIONAL, Priority.DEFAULT);
    assertNotNull(stream);
    stream.write(ByteBuffer.wrap(new byte[] {1}));
    stream.finish();
  }

  @Test
  void aProbeRepeatsAnAcknowledgementThatMayHaveBeenLost() {
    ConnectedPair pair = new ConnectedPair().settle();
    pair.runUntil(pair.now + ConnectedPair.SECOND);
    pair.toClient = datagram -> false;
    send(pair.client);
    pair.deliverToServer();
    pair.now = pair.server().deadlineNanos(); // the acknowledgement is due
    pair.server().onTimeout(pair.now);
    assertTrue(pair.deliverToClient());
    send(pair.server());
    pair.deliverToClient();
    pair.now = pair.server().deadlineNanos(); // and so is a probe
    pair.server().onTimeout(pair.now);
    assertTrue(pair.client.statistics().bytesInFlight() > 0);
    pair.toClient = datagram -> true;
    assertTrue(pair.deliverToClient());
    assertEquals(0, pair.client.statistics().bytesInFlight());
  }
}
