package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class RecordOutletTest {
  private static final long MILLI_NANOS = 1_000_000;

  /** A layer below that takes what it is given when the test says so. */
  private final Queue<ChannelPromise> held = new ArrayDeque<>();

  private final ChannelInboundHandlerAdapter top = new ChannelInboundHandlerAdapter();
  private final MeasuredPace pace = new MeasuredPace();
  private boolean holds = true;
  private long nowNanos;
  private int readyCalls;
  private RecordOutlet outlet;

  @BeforeEach
  void build() {
    EmbeddedChannel channel =
        new EmbeddedChannel(
            new ChannelOutboundHandlerAdapter() {
              @Override
              public void write(ChannelHandlerContext ctx, Object msg, ChannelPromise promise) {
                ReferenceCountUtil.release(msg);
                if (holds) {
                  held.add(promise);
                } else {
                  promise.setSuccess();
                }
              }
            },
            top);
    outlet =
        new RecordOutlet(channel.pipeline().context(top), pace, () -> nowNanos, () -> readyCalls++);
  }

  private void write(int bytes) {
    outlet.write(Unpooled.wrappedBuffer(new byte[bytes]));
  }

  private void takeAll() {
    while (!held.isEmpty()) {
      held.remove().setSuccess();
    }
  }

  @Test
  void takesAQuantumAndNoMoreUntilItIsGone() {
    int records = 0;
    while (outlet.isReady()) {
      write(outlet.recordBytes());
      records++;
    }
    outlet.flush();
    assertEquals(Math.ceilDiv(SendPace.FIRST_QUANTUM_BYTES, QmuxCarrier.MAX_RECORD_BYTES), records);
    assertFalse(outlet.isReady());
    assertEquals(0, readyCalls);
    takeAll();
    assertTrue(outlet.isReady());
    assertEquals(1, readyCalls);
  }

  @Test
  void waitsForNothingWhileAllIsTakenAtOnce() {
    holds = false;
    for (int i = 0; i < 100; i++) {
      assertTrue(outlet.isReady());
      write(outlet.recordBytes());
      outlet.flush();
    }
    assertEquals(0, readyCalls);
  }

  @Test
  void nothingIsWrittenAfterAFailure() {
    write(100);
    outlet.flush();
    held.remove().setFailure(new IOException("gone"));
    assertFalse(outlet.isReady());
    assertEquals(0, readyCalls);
  }

  /** 1 Mbit/s: 125 bytes in a millisecond. */
  @Test
  void aSlowPathGetsRecordsOfTenMillisecondsAndAtLeastOnePacket() {
    sendAt(125);
    assertEquals(1250, outlet.recordBytes());
    sendAt(12);
    assertEquals(SendPace.MIN_QUANTUM_BYTES, outlet.recordBytes());
  }

  @Test
  void aFastPathGetsRecordsThatFillThoseOfTls() {
    sendAt(100_000);
    assertEquals(QmuxCarrier.MAX_RECORD_BYTES, outlet.recordBytes());
    assertEquals(SendPace.MAX_QUANTUM_BYTES, pace.quantumBytes());
  }

  @Test
  void aPathThatWaitsForTheApplicationIsNotTakenForASlowOne() {
    sendAt(1_000);
    int before = outlet.recordBytes();
    outlet.onIdle();
    nowNanos += 10_000 * MILLI_NANOS;
    write(100);
    outlet.flush();
    takeAll();
    assertEquals(before, outlet.recordBytes());
  }

  /** Two seconds of a path that always has more waiting than it takes. */
  private void sendAt(int bytesPerMilli) {
    for (long end = nowNanos + 2_000 * MILLI_NANOS; nowNanos < end; ) {
      int bytes = 0;
      while (outlet.isReady()) {
        bytes += outlet.recordBytes();
        write(outlet.recordBytes());
      }
      outlet.flush();
      nowNanos += bytes * MILLI_NANOS / bytesPerMilli;
      takeAll();
    }
  }
}
