package dev.memux.netty;

import dev.memux.engine.ConnectionStatistics;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import java.util.concurrent.TimeUnit;

/** What the kernel knows of a TCP connection's path; elsewhere than on Linux it does not tell. */
final class KernelPath {
  private KernelPath() {}

  /** The figures of a connection over {@code channel} with what only the kernel has seen. */
  static ConnectionStatistics complete(ConnectionStatistics known, Channel channel) {
    if (!(channel instanceof EpollSocketChannel socket)) {
      return known;
    }
    EpollTcpInfo info;
    try {
      info = socket.tcpInfo();
    } catch (ChannelException e) {
      return known; // it is closed
    }
    long rttNanos = TimeUnit.MICROSECONDS.toNanos(info.rtt());
    return new ConnectionStatistics(
        known.quicVersion(),
        known.datagramsSent(),
        known.datagramsReceived(),
        known.bytesSent(),
        known.bytesReceived(),
        known.packetsSent(),
        known.packetsReceived(),
        known.packetsDropped(),
        info.totalRetrans(),
        known.spuriousLosses(),
        known.probesSent(),
        known.congestionEvents(),
        info.unacked() * info.sndMss(),
        info.sndCwnd() * info.sndMss(),
        known.packetBytes(),
        rttNanos == 0 ? known.smoothedRttNanos() : rttNanos,
        known.minRttNanos(),
        known.datagrams());
  }
}
