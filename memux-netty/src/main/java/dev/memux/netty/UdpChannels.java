package dev.memux.netty;

import dev.memux.engine.quic.QuicConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes Netty datagram channels as the driver wants them, for each {@link IoTransport}. */
final class UdpChannels {
  private static final Logger log = LoggerFactory.getLogger(UdpChannels.class);

  /** Asked of the kernel in both directions: 4 MB is 10 ms at 3 Gbit/s. */
  static final int SOCKET_BUFFER_BYTES = 4 << 20;

  /** A GRO buffer or the largest datagram. */
  static final int RECEIVE_BUFFER_BYTES = 65_536;

  /** Datagrams that one {@code recvmmsg} reads, where there is no GRO. */
  private static final int RECEIVE_BUFFERS = 4;

  /** {@code IP_MTU_DISCOVER} and {@code IPV6_MTU_DISCOVER} of linux/in.h and linux/in6.h. */
  private static final IntegerUnixChannelOption IP_MTU_DISCOVER =
      new IntegerUnixChannelOption("MEMUX_IP_MTU_DISCOVER", 0, 10);

  private static final IntegerUnixChannelOption IPV6_MTU_DISCOVER =
      new IntegerUnixChannelOption("MEMUX_IPV6_MTU_DISCOVER", 41, 23);

  /** Sets Don't Fragment and ignores the kernel's idea of the path MTU. */
  private static final int PMTUDISC_PROBE = 3;

  private UdpChannels() {}

  /** A new channel; with {@code shared}, others may bind the same port (SO_REUSEPORT). */
  static Channel create(IoTransport transport, boolean shared) {
    Channel channel =
        switch (transport) {
          case EPOLL -> new EpollDatagramChannel();
          case NIO -> new NioDatagramChannel();
        };
    ChannelConfig config = channel.config();
    config.setOption(ChannelOption.SO_RCVBUF, SOCKET_BUFFER_BYTES);
    config.setOption(ChannelOption.SO_SNDBUF, SOCKET_BUFFER_BYTES);
    // Writable means "the kernel has everything": what to send next is decided as late as possible.
    config.setWriteBufferWaterMark(new WriteBufferWaterMark(1, 1));
    int buffers =
        transport == IoTransport.EPOLL && !configureEpoll(config, shared) ? RECEIVE_BUFFERS : 1;
    config.setRecvByteBufAllocator(new FixedRecvByteBufAllocator(buffers * RECEIVE_BUFFER_BYTES));
    // Only now: setting an allocator resets this to one message, and so to one read a wake-up.
    MaxMessagesRecvByteBufAllocator allocator = config.getRecvByteBufAllocator();
    allocator.maxMessagesPerRead(UdpSocket.MAX_DATAGRAMS_PER_READ);
    return channel;
  }

  /** Whether the kernel splits one large write into datagrams of equal size. */
  static boolean canSegment(IoTransport transport) {
    return transport == IoTransport.EPOLL
        && EpollDatagramChannel.isSegmentedDatagramPacketSupported();
  }

  /**
   * What of a configuration can be had: datagrams that may be fragmented arrive whatever their
   * size, so that a search for the largest would find it everywhere (RFC 9000 §14).
   */
  static QuicConfig feasible(QuicConfig config, IoTransport transport) {
    return switch (transport) {
      case EPOLL -> config;
      case NIO -> config.withMaxDatagramBytes(config.datagramBytes());
    };
  }

  /** The transport, and "gro" if the kernel joins what arrives. */
  static String describe(Channel channel) {
    if (channel instanceof NioDatagramChannel) {
      return "nio";
    }
    boolean joins = Boolean.TRUE.equals(channel.config().getOption(EpollChannelOption.UDP_GRO));
    return joins ? "epoll gro" : "epoll";
  }

  /** Whether a socket's error means that a router or host has sent a datagram of ours back. */
  static boolean saysUnreachable(Throwable cause) {
    return switch (cause) {
      case PortUnreachableException e -> true;
      case NoRouteToHostException e -> true;
      case Errors.NativeIoException e -> Errno.saysUnreachable(e.expectedErr());
      default -> false;
    };
  }

  /**
   * Returns whether the kernel joins datagrams of a flow (UDP_GRO). Netty's {@code recvmmsg} does
   * not ask how long the joined ones were and its {@code recvmsg} does, so with GRO buffers are
   * read one at a time.
   */
  private static boolean configureEpoll(ChannelConfig config, boolean shared) {
    if (shared) {
      config.setOption(UnixChannelOption.SO_REUSEPORT, true);
    }
    config.setOption(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, RECEIVE_BUFFER_BYTES);
    // RFC 9000 §14: datagrams must not be fragmented. A dual-stack socket needs both.
    tryOption(config, IP_MTU_DISCOVER, PMTUDISC_PROBE);
    tryOption(config, IPV6_MTU_DISCOVER, PMTUDISC_PROBE);
    return tryOption(config, EpollChannelOption.UDP_GRO, true);
  }

  private static <T> boolean tryOption(ChannelConfig config, ChannelOption<T> option, T value) {
    try {
      return config.setOption(option, value);
    } catch (ChannelException e) {
      log.debug("no {} here", option, e);
      return false;
    }
  }
}
