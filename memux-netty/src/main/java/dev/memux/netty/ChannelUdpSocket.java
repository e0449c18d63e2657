package dev.memux.netty;

import dev.memux.engine.quic.SendBatch;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramChannelConfig;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.SegmentedDatagramPacket;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A UDP socket that is one of Netty's datagram channels. */
final class ChannelUdpSocket extends UdpSocket {
  private static final Logger log = LoggerFactory.getLogger(ChannelUdpSocket.class);

  private final Channel channel;
  private final byte[] datagram = new byte[UdpChannels.RECEIVE_BUFFER_BYTES];
  private volatile boolean segmentation;

  /** {@code channel} is new, neither registered nor bound. */
  ChannelUdpSocket(Channel channel, boolean segmentation, Receiver receiver) {
    super(receiver);
    this.channel = channel;
    this.segmentation = segmentation;
    channel.pipeline().addLast(new Inbound());
  }

  @Override
  Channel channel() {
    return channel;
  }

  @Override
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

  @Override
  void flush() {
    channel.flush();
  }

  @Override
  boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  String io() {
    return UdpChannels.describe(channel) + (segmentation ? " gso" : "");
  }

  @Override
  int receiveBufferBytes() {
    return ((DatagramChannelConfig) channel.config()).getReceiveBufferSize();
  }

  @Override
  int sendBufferBytes() {
    return ((DatagramChannelConfig) channel.config()).getSendBufferSize();
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
          && (e.expectedErr() == Errno.EIO || e.expectedErr() == Errno.EINVAL);
    }
  }

  private final class Inbound extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      DatagramPacket packet = (DatagramPacket) message;
      try {
        ByteBuf payload = packet.content();
        int length = payload.readableBytes();
        if (length <= datagram.length) {
          payload.readBytes(datagram, 0, length);
          receiver.onDatagrams(packet.sender(), datagram, 0, length, length, 0);
        }
      } finally {
        packet.release();
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
}
