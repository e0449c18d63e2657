package dev.memux.netty;

import dev.memux.engine.quic.SendBatch;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.SegmentedDatagramPacket;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One bound UDP socket on one event loop. Hands what arrives to its {@link Receiver}; sends
 * batches, as one UDP_SEGMENT datagram each where the kernel can.
 *
 * <p>It never holds more than the caller wrote before it looked at {@link #isWritable}: who sees
 * false stops, and goes on after {@link Receiver#onWritable}.
 */
final class UdpSocket {
  private static final Logger log = LoggerFactory.getLogger(UdpSocket.class);

  private final Channel channel;
  private final Receiver receiver;
  private volatile boolean segmentation;

  /** Who takes what the socket tells. On the event loop. */
  interface Receiver {
    /** {@code payload} is the socket's, and valid during the call. */
    void onDatagram(InetSocketAddress sender, ByteBuf payload);

    /** All datagrams of this wake-up have been handed over. */
    void onReadComplete();

    /** Everything written has left. */
    void onWritable();

    /**
     * The network says that nobody is there to receive what was sent; anyone may have made it say
     * so.
     */
    void onUnreachable();
  }

  /** {@code channel} is new, neither registered nor bound. */
  UdpSocket(Channel channel, boolean segmentation, Receiver receiver) {
    this.channel = channel;
    this.segmentation = segmentation;
    this.receiver = receiver;
    channel.pipeline().addLast(new Inbound());
  }

  /**
   * Registers and binds, and connects if {@code remote} is given; the future fails when any does,
   * and then the channel is closed.
   */
  ChannelFuture bind(EventLoop loop, InetSocketAddress local, @Nullable InetSocketAddress remote) {
    ChannelFuture registered = loop.register(channel);
    var bound = channel.newPromise();
    registered.addListener(
        r -> {
          if (!r.isSuccess()) {
            bound.setFailure(r.cause());
            return;
          }
          (remote == null ? channel.bind(local) : channel.connect(remote, local))
              .addListener(
                  b -> {
                    if (b.isSuccess()) {
                      UdpChannels.logBuffers(channel);
                      bound.setSuccess();
                    } else {
                      channel.close();
                      bound.setFailure(b.cause());
                    }
                  });
        });
    return bound;
  }

  Channel channel() {
    return channel;
  }

  /** Queues a whole batch; {@link #flush} hands it to the kernel. */
  void send(SendBatch batch) {
    int segment = batch.segmentBytes();
    int step = segmentation ? batch.length() : segment;
    for (int from = 0; from < batch.length(); from += step) {
      int bytes = Math.min(step, batch.length() - from);
      ByteBuf payload = channel.alloc().directBuffer(bytes);
      payload.writeBytes(batch.buffer(), from, bytes);
      if (bytes > segment) {
        SegmentedSend send =
            new SegmentedSend(payload.retainedDuplicate(), segment, batch.remote());
        channel
            .write(new SegmentedDatagramPacket(payload, segment, batch.remote()))
            .addListener(send);
      } else {
        channel.write(new DatagramPacket(payload, batch.remote()), channel.voidPromise());
      }
    }
  }

  void flush() {
    channel.flush();
  }

  /** After {@link #flush}: whether the kernel took everything. */
  boolean isWritable() {
    return channel.isWritable();
  }

  /** What of the kernel is in use, in words: "epoll gso gro", for example. Any thread. */
  String io() {
    return UdpChannels.describe(channel) + (segmentation ? " gso" : "");
  }

  /** Whether batches leave as one segmented datagram. */
  boolean usesSegmentation() {
    return segmentation;
  }

  /**
   * A segmented datagram on its way. Kernels, and routes, that cannot segment refuse it with EIO or
   * EINVAL; then its packets leave one by one, as all later ones do.
   */
  private final class SegmentedSend implements ChannelFutureListener {
    private final ByteBuf payload;
    private final int segment;
    private final InetSocketAddress remote;

    SegmentedSend(ByteBuf payload, int segment, InetSocketAddress remote) {
      this.payload = payload;
      this.segment = segment;
      this.remote = remote;
    }

    @Override
    public void operationComplete(ChannelFuture sent) {
      try {
        if (sent.isSuccess()) {
          return;
        }
        if (refusesSegmentation(sent.cause())) {
          if (segmentation) {
            segmentation = false;
            log.warn(
                "{}: no UDP segmentation here, sending packet by packet", channel, sent.cause());
          }
          sendOneByOne();
        } else {
          onError(sent.cause());
        }
      } finally {
        payload.release();
      }
    }

    private void sendOneByOne() {
      while (payload.isReadable()) {
        ByteBuf packet = payload.readRetainedSlice(Math.min(segment, payload.readableBytes()));
        channel.write(new DatagramPacket(packet, remote), channel.voidPromise());
      }
      channel.flush();
    }

    private static boolean refusesSegmentation(Throwable cause) {
      return cause instanceof Errors.NativeIoException e
          && (e.expectedErr() == UdpChannels.ERRNO_EIO
              || e.expectedErr() == UdpChannels.ERRNO_EINVAL);
    }
  }

  private final class Inbound extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      DatagramPacket datagram = (DatagramPacket) message;
      try {
        receiver.onDatagram(datagram.sender(), datagram.content());
      } finally {
        datagram.release();
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      receiver.onReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (channel.isWritable()) {
        receiver.onWritable();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      onError(cause);
    }
  }

  /**
   * A socket error is some datagram's: the others go on, and the loss is the engine's to notice.
   * ICMP's "port unreachable" is told at the next occasion, whatever that was to do.
   */
  private void onError(Throwable cause) {
    log.debug("{}: socket error", channel, cause);
    if (UdpChannels.saysUnreachable(cause)) {
      receiver.onUnreachable();
    }
  }
}
