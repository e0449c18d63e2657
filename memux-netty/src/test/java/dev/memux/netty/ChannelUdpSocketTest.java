package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.Batches;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChannelUdpSocketTest {
  private static final InetSocketAddress REMOTE = Loopback.anyPort();

  @Test
  void writableOnlyWhenTheKernelHasEverything() {
    DatagramRecorder counter = new DatagramRecorder();
    EmbeddedChannel channel = new EmbeddedChannel();
    ChannelUdpSocket socket = new ChannelUdpSocket(channel, false, counter);
    assertTrue(socket.isWritable());
    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
    channel.runPendingTasks();
    assertFalse(socket.isWritable());
    assertEquals(0, counter.writable.get());
    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
    channel.runPendingTasks();
    assertEquals(1, counter.writable.get());
    channel.finishAndReleaseAll();
  }

  @Test
  void sendsABatchAsOneSegmentedDatagram() {
    EmbeddedChannel channel = new EmbeddedChannel();
    ChannelUdpSocket socket = new ChannelUdpSocket(channel, true, new DatagramRecorder());
    socket.send(Batches.of(REMOTE, 1200, 1200, 1200, 77));
    socket.flush();
    SegmentedDatagramPacket sent =
        assertInstanceOf(SegmentedDatagramPacket.class, channel.readOutbound());
    assertEquals(1200, sent.segmentSize());
    assertEquals(3 * 1200 + 77, sent.content().readableBytes());
    assertEquals(REMOTE, sent.recipient());
    sent.release();
    assertNull(channel.readOutbound());
    channel.finishAndReleaseAll();
  }

  @Test
  void sendsASingleDatagramPlain() {
    EmbeddedChannel channel = new EmbeddedChannel();
    ChannelUdpSocket socket = new ChannelUdpSocket(channel, true, new DatagramRecorder());
    socket.send(Batches.of(REMOTE, 900));
    socket.flush();
    assertEquals(List.of(900), sizes(channel));
    channel.finishAndReleaseAll();
  }

  @Test
  void sendsPacketByPacketWhereSegmentationIsRefused() {
    EmbeddedChannel channel = new EmbeddedChannel();
    channel.pipeline().addFirst(new RefusesSegments());
    ChannelUdpSocket socket = new ChannelUdpSocket(channel, true, new DatagramRecorder());
    socket.send(Batches.of(REMOTE, 1200, 1200, 300));
    socket.flush();
    assertEquals(List.of(1200, 1200, 300), sizes(channel), "the refused batch itself");
    assertFalse(socket.usesSegmentation());
    socket.send(Batches.of(REMOTE, 1000, 1000));
    socket.flush();
    assertEquals(List.of(1000, 1000), sizes(channel));
    channel.finishAndReleaseAll();
  }

  private static List<Integer> sizes(EmbeddedChannel channel) {
    List<Integer> sizes = new ArrayList<>();
    for (DatagramPacket packet; (packet = channel.readOutbound()) != null; packet.release()) {
      assertFalse(packet instanceof SegmentedDatagramPacket);
      sizes.add(packet.content().readableBytes());
    }
    return sizes;
  }

  /** A route without checksum offload: the kernel answers EIO. */
  private static final class RefusesSegments extends ChannelOutboundHandlerAdapter {
    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      if (message instanceof SegmentedDatagramPacket) {
        ReferenceCountUtil.release(message);
        promise.setFailure(new Errors.NativeIoException("sendmmsg", Errno.EIO, false));
      } else {
        ctx.write(message, promise);
      }
    }
  }
}
