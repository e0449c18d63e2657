package dev.memux.netty;

import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pace of a TCP socket of Linux, whose kernel tells what it knows of the path. The kernel is to
 * ask for more as soon as less than a quantum waits to be sent ({@code TCP_NOTSENT_LOWAT}, which
 * means half of its value to poll): enough that the path has work until the next one comes, and all
 * that a later, more urgent byte has to wait for.
 */
final class KernelPace extends SendPace {
  private static final Logger log = LoggerFactory.getLogger(KernelPace.class);

  /** The kernel is asked no more often, as its figures move with the round trips. */
  private static final long MIN_INTERVAL_NANOS = 10_000_000;

  private static final double MICRO_NANOS = 1_000;

  /** Header, content type and tag of a TLS record (RFC 8446 §5.2), which share its packet. */
  private static final int TLS_RECORD_OVERHEAD_BYTES = 5 + 1 + 16;

  private final EpollSocketChannel socket;
  private final EpollTcpInfo info = new EpollTcpInfo();
  private long askedNanos;
  private boolean asked;
  private int lowWatermarkBytes;

  KernelPace(EpollSocketChannel socket) {
    this.socket = socket;
    setLowWatermark();
  }

  @Override
  boolean isPolled() {
    return true;
  }

  @Override
  void onTaken(int bytes, boolean hadToWait, long nowNanos) {
    if (asked && nowNanos - askedNanos < MIN_INTERVAL_NANOS) {
      return;
    }
    asked = true;
    askedNanos = nowNanos;
    try {
      socket.tcpInfo(info);
    } catch (ChannelException e) {
      log.debug("{}: no TCP_INFO", socket, e); // closed meanwhile, most likely
      return;
    }
    if (info.rtt() > 0) {
      double windowBytes = (double) info.sndCwnd() * info.sndMss();
      onRate(
          windowBytes / (info.rtt() * MICRO_NANOS),
          (int) info.sndMss() - TLS_RECORD_OVERHEAD_BYTES);
      if (isFarFrom(2 * quantumBytes())) {
        setLowWatermark();
      }
    }
  }

  @Override
  void onIdle() {}

  /** Not each small change is worth a system call. */
  private boolean isFarFrom(int bytes) {
    return bytes < lowWatermarkBytes / 4 * 3 || bytes > lowWatermarkBytes / 2 * 3;
  }

  private void setLowWatermark() {
    lowWatermarkBytes = 2 * quantumBytes();
    try {
      socket.config().setTcpNotSentLowAt(lowWatermarkBytes);
    } catch (ChannelException e) {
      log.debug("{}: no TCP_NOTSENT_LOWAT", socket, e);
    }
  }
}
