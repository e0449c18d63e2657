package dev.memux.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.Batches;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.util.ReferenceCountUtil;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UdpSocketTest {
  private static final InetSocketAddress REMOTE = Loopback.anyPort();

  /** Counts datagrams between ends of reads. */
  private static final class Counter implements UdpSocket.Receiver {
    final List<Integer> perRead = new CopyOnWriteArrayList<>();
    int writable;
    private int datagrams;

    @Override
    public void onDatagram(InetSocketAddress sender, ByteBuf payload) {
      datagrams++;
    }

    @Override
    public void onReadComplete() {
      perRead.add(datagrams);
      datagrams = 0;
    }

    @Override
    public void onUnreachable() {}

    @Override
    public void onWritable() {
      writable++;
    }

    int total() {
      return perRead.stream().mapToInt(Integer::intValue).sum();
    }
  }

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void readsManyDatagramsInOneWakeUp(IoTransport transport) throws Exception {
    try (Loopback loopback = new Loopback(transport);
        DatagramSocket peer = new DatagramSocket()) {
      Counter counter = new Counter();
      UdpSocket socket = new UdpSocket(UdpChannels.create(transport, false), false, counter);
      var loop = loopback.group.next();
      Loopback.get(socket.bind(loop, Loopback.anyPort(), null));
      CountDownLatch busy = new CountDownLatch(1);
      CountDownLatch sent = new CountDownLatch(1);
      loop.execute(
          () -> {
            busy.countDown();
            try {
              sent.await(); // the loop is busy while datagrams arrive
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      busy.await();
      for (int i = 0; i < 100; i++) {
        peer.send(
            new java.net.DatagramPacket(new byte[1200], 1200, socket.channel().localAddress()));
      }
      sent.countDown();
      Loopback.await(() -> counter.total() == 100);
      assertEquals(List.of(100), counter.perRead.stream().filter(n -> n > 0).toList());
    }
  }

  @ParameterizedTest
  @EnumSource(IoTransport.class)
  void anUnreachablePortDoesNotCloseTheSocket(IoTransport transport) throws Exception {
    try (Loopback loopback = new Loopback(transport);
        DatagramSocket peer = new DatagramSocket()) {
      InetSocketAddress nobody;
      try (DatagramSocket gone = new DatagramSocket(Loopback.anyPort())) {
        nobody = (InetSocketAddress) gone.getLocalSocketAddress();
      }
      Counter counter = new Counter();
      UdpSocket socket = new UdpSocket(UdpChannels.create(transport, false), false, counter);
      Loopback.get(socket.bind(loopback.group.next(), Loopback.anyPort(), null));
      for (int i = 0; i < 3; i++) {
        ByteBuf payload = socket.channel().alloc().directBuffer().writeLong(i);
        Loopback.get(socket.channel().writeAndFlush(new DatagramPacket(payload, nobody)));
      }
      peer.send(new java.net.DatagramPacket(new byte[8], 8, socket.channel().localAddress()));
      Loopback.await(() -> counter.total() == 1);
      assertTrue(socket.channel().isOpen());
    }
  }

  @Test
  void writableOnlyWhenTheKernelHasEverything() {
    Counter counter = new Counter();
    EmbeddedChannel channel = new EmbeddedChannel();
    UdpSocket socket = new UdpSocket(channel, false, counter);
    assertTrue(socket.isWritable());
    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
    channel.runPendingTasks();
    assertFalse(socket.isWritable());
    assertEquals(0, counter.writable);
    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
    channel.runPendingTasks();
    assertEquals(1, counter.writable);
    channel.finishAndReleaseAll();
  }

  @Test
  void sendsABatchAsOneSegmentedDatagram() {
    EmbeddedChannel channel = new EmbeddedChannel();
    UdpSocket socket = new UdpSocket(channel, true, new Counter());
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
    UdpSocket socket = new UdpSocket(channel, true, new Counter());
    socket.send(Batches.of(REMOTE, 900));
    socket.flush();
    assertEquals(List.of(900), sizes(channel));
    channel.finishAndReleaseAll();
  }

  @Test
  void sendsPacketByPacketWhereSegmentationIsRefused() {
    EmbeddedChannel channel = new EmbeddedChannel();
    channel.pipeline().addFirst(new RefusesSegments());
    UdpSocket socket = new UdpSocket(channel, true, new Counter());
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
        promise.setFailure(new Errors.NativeIoException("sendmmsg", UdpChannels.ERRNO_EIO, false));
      } else {
        ctx.write(message, promise);
      }
    }
  }
}
