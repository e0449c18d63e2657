package dev.memux.sim;

import java.net.InetSocketAddress;

/** Where a node puts what it sends. */
@FunctionalInterface
public interface DatagramSink {
  /**
   * Sends a copy of {@code length} bytes from {@code offset}.
   *
   * @param ecn the ECN codepoint that the datagram bears
   */
  void send(
      InetSocketAddress source,
      InetSocketAddress destination,
      byte[] buffer,
      int offset,
      int length,
      int ecn);
}
