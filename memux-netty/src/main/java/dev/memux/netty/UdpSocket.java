package dev.memux.netty;

import dev.memux.engine.quic.SendBatch;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One UDP socket on one event loop. Hands what arrives to its {@link Receiver}, many datagrams at a
 * time; sends batches, each with one segmented write where the kernel can.
 *
 * <p>It never holds more than the caller sent before it looked at {@link #isWritable}: who sees
 * false stops, and goes on after {@link Receiver#onWritable}. Its {@link #channel} is there for
 * what all channels have (a loop, an address, an end): no datagram passes through its pipeline that
 * others could count on.
 */
abstract class UdpSocket {
  private static final Logger log = LoggerFactory.getLogger(UdpSocket.class);

  /** Datagrams read in one wake-up before packets are sent again; a joined buffer ends it late. */
  static final int MAX_DATAGRAMS_PER_READ = 256;

  final Receiver receiver;

  /** Who takes what the socket tells. On the event loop. */
  interface Receiver {
    /**
     * Datagrams of one sender that arrived together: each of {@code segmentBytes}, the last one
     * perhaps shorter, one behind the other in {@code buffer[offset..offset + length)}, which may
     * be written to and is the socket's again after the call.
     *
     * @param ecn the codepoint that all of them bear (RFC 3168 §5), 0 also where it cannot be read
     */
    void onDatagrams(
        InetSocketAddress sender, byte[] buffer, int offset, int length, int segmentBytes, int ecn);

    /** All datagrams of this wake-up have been handed over. */
    void onReadComplete();

    /** Everything sent has left. */
    void onWritable();

    /**
     * The network says that nobody is there to receive what was sent; anyone may have made it say
     * so.
     */
    void onUnreachable();
  }

  UdpSocket(Receiver receiver) {
    this.receiver = receiver;
  }

  /**
   * A socket for the loops of {@code transport}; with {@code shared}, others may bind the same port
   * (SO_REUSEPORT).
   */
  static UdpSocket open(IoTransport transport, boolean shared, Receiver receiver) {
    return transport == IoTransport.EPOLL && LinuxUdpSocket.isAvailable()
        ? new LinuxUdpSocket(shared, receiver)
        : new ChannelUdpSocket(
            UdpChannels.create(transport, shared), UdpChannels.canSegment(transport), receiver);
  }

  /**
   * Registers and binds, and connects if {@code remote} is given; the future fails when any does,
   * and then the channel is closed. Once.
   */
  ChannelFuture bind(EventLoop loop, InetSocketAddress local, @Nullable InetSocketAddress remote) {
    Channel channel = channel();
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
                      logBinding();
                      bound.setSuccess();
                    } else {
                      channel.close();
                      bound.setFailure(b.cause());
                    }
                  });
        });
    return bound;
  }

  private void logBinding() {
    log.info(
        "{}: {}; socket buffers of {} bytes to receive and {} to send ({} asked)",
        channel().localAddress(),
        io(),
        receiveBufferBytes(),
        sendBufferBytes(),
        UdpChannels.SOCKET_BUFFER_BYTES);
  }

  /** Registered, bound and closed by {@link #bind} and whoever wants it closed. Any thread. */
  abstract Channel channel();

  /** Queues a whole batch; {@link #flush} hands it to the kernel, if that has not happened yet. */
  abstract void send(SendBatch batch);

  abstract void flush();

  /** After {@link #flush}: whether the kernel took everything. */
  abstract boolean isWritable();

  /** What of the kernel is in use, in words: "epoll gso gro", for example. Any thread. */
  abstract String io();

  /** What the kernel granted of {@link UdpChannels#SOCKET_BUFFER_BYTES}. */
  abstract int receiveBufferBytes();

  /** What the kernel granted of {@link UdpChannels#SOCKET_BUFFER_BYTES}. */
  abstract int sendBufferBytes();

  /**
   * A socket error is some datagram's: the others go on, and the loss is the engine's to notice.
   * ICMP's "port unreachable" is told at the next occasion, whatever that was to do.
   */
  final void onError(Throwable cause) {
    log.debug("{}: socket error", channel(), cause);
    if (UdpChannels.saysUnreachable(cause)) {
      receiver.onUnreachable();
    }
  }
}
