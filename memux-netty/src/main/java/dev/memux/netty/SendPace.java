package dev.memux.netty;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;

/**
 * How many bytes are handed to the layer below at a time: what its path takes in a few
 * milliseconds, so that what goes next is decided late, and often enough that the path never waits.
 * On the event loop.
 */
abstract class SendPace {
  /** A quantum is what the path takes in so long. */
  private static final long QUANTUM_NANOS = 10_000_000;

  /** Before anything is known of the path: one record of TLS. */
  static final int FIRST_QUANTUM_BYTES = QmuxCarrier.MAX_RECORD_BYTES;

  /** Beyond this a larger quantum saves nothing worth having. */
  static final int MAX_QUANTUM_BYTES = 128 << 10;

  /** A packet of any path, without what TLS and TCP add to it. */
  static final int MIN_QUANTUM_BYTES = 1_200;

  private int quantumBytes = FIRST_QUANTUM_BYTES;

  /** What suits a channel: the kernel's own figures, where it gives any. */
  static SendPace of(Channel channel) {
    return channel instanceof EpollSocketChannel socket
        ? new KernelPace(socket)
        : new MeasuredPace();
  }

  /**
   * Whether the layer below is to be asked, by {@link WritabilityProbe}, if it takes more: it says
   * so before it is full.
   */
  abstract boolean isPolled();

  /** What may be handed down before the layer below is asked again whether it takes more. */
  int quantumBytes() {
    return quantumBytes;
  }

  /** The longest record that keeps the next decision from coming late. */
  int recordBytes() {
    return Math.min(quantumBytes, QmuxCarrier.MAX_RECORD_BYTES);
  }

  /**
   * The layer below has taken bytes.
   *
   * @param hadToWait whether it was full before it took the last of them
   */
  abstract void onTaken(int bytes, boolean hadToWait, long nowNanos);

  /** There is nothing to send: for now it is not the path that limits. */
  abstract void onIdle();

  /** The path's rate is known, or known anew. */
  void onRate(double bytesPerNano, int packetBytes) {
    quantumBytes =
        Math.clamp(
            (long) (bytesPerNano * QUANTUM_NANOS),
            Math.max(MIN_QUANTUM_BYTES, packetBytes),
            MAX_QUANTUM_BYTES);
  }
}
