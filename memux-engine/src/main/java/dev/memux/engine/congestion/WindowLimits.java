package dev.memux.engine.congestion;

/** Where every controller's window begins and ends (RFC 9002 §7.2). */
final class WindowLimits {
  private WindowLimits() {}

  /** Ten datagrams, but not more than 14,720 bytes unless two datagrams are. */
  static int initialBytes(int maxDatagramBytes) {
    return Math.min(10 * maxDatagramBytes, Math.max(2 * maxDatagramBytes, 14_720));
  }

  /** Two datagrams, so that a loss can still be seen by an acknowledgement instead of a timeout. */
  static int minimumBytes(int maxDatagramBytes) {
    return 2 * maxDatagramBytes;
  }
}
