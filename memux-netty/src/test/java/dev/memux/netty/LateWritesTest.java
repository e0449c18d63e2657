package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

/** A quantum at a time, wherever the bytes go; with the kernel it is tested over HTTP/2. */
final class LateWritesTest {
  private final LateWrites late = new LateWrites();
  private int told;
  private final EmbeddedChannel channel =
      new EmbeddedChannel(
          late,
          new ChannelInboundHandlerAdapter() {
            @Override
            public void channelWritabilityChanged(ChannelHandlerContext ctx) {
              told++;
            }
          });

  private ChannelPromise write(int bytes) {
    ChannelPromise promise = channel.newPromise();
    channel.write(Unpooled.wrappedBuffer(new byte[bytes]), promise);
    return promise;
  }

  @Test
  void whatIsWrittenTakesRoomUntilItIsGone() {
    long quantum = late.roomBytes();
    assertEquals(SendPace.FIRST_QUANTUM_BYTES, quantum);
    ChannelPromise first = write(1_000);
    assertEquals(quantum - 1_000, late.roomBytes());
    ChannelPromise more = write((int) quantum); // beyond it nothing is refused
    assertEquals(0, late.roomBytes());
    channel.flush();
    channel.runPendingTasks();
    assertTrue(first.isSuccess() && more.isSuccess());
    assertTrue(late.roomBytes() > 0);
    assertEquals(1, told);
    assertEquals(2, channel.outboundMessages().size());
  }

  @Test
  void whoStillHadRoomIsNotToldOfMore() {
    write(1_000);
    channel.flush();
    channel.flush();
    channel.runPendingTasks();
    assertEquals(0, told);
  }

  @Test
  void whatIsNoBytesPasses() {
    long room = late.roomBytes();
    channel.writeAndFlush("probe", channel.voidPromise());
    assertEquals(room, late.roomBytes());
    assertEquals("probe", channel.readOutbound());
  }
}
