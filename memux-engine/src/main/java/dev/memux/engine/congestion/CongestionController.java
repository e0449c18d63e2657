package dev.memux.engine.congestion;

/**
 * Decides how many bytes may be in flight (RFC 9002 §7). Whoever uses it counts the bytes in flight
 * and finds the losses; the controller hears facts ({@code on*}) and answers with a window.
 *
 * <p>One acknowledgement is reported in this order: {@link #onSpuriousCongestion} if it proved an
 * earlier loss to be none, {@link #onRttSample} if it gave one, {@link #onCongestionMarked} if it
 * told of marks, {@link #onPacketLost} and {@link #onPacketsLost} if it revealed losses, {@link
 * #onPersistentCongestion} if they lasted, then {@link #onPacketAcked} for the packets in flight,
 * once for those that were sent at the same time, and at last {@link #onAckSettled}.
 */
public interface CongestionController {
  /** The most bytes that may be in flight, probes apart (RFC 9002 §7.5). */
  long windowBytes();

  /**
   * How fast they may leave (RFC 9002 §7.7). A window a round trip, and a quarter more so that it
   * is used; this also serves slow start: there the window, and with it the rate, grows with every
   * acknowledgement inside the round trip, so a round trip still multiplies it by 1.9.
   */
  default double pacingBytesPerNano(long smoothedRttNanos) {
    return 1.25 * windowBytes() / Math.max(smoothedRttNanos, 1);
  }

  /**
   * A packet in flight left.
   *
   * @param bytesInFlight with it
   */
  default void onPacketSent(int bytes, long bytesInFlight, long nowNanos) {}

  /** There was less to send than window and pacing would have allowed. */
  default void onApplicationLimited(long bytesInFlight) {}

  /**
   * An acknowledgement told the round trip of its newest packet.
   *
   * @param sentNanos when that packet was sent
   * @param smoothedNanos the average, this sample included
   * @param applicationLimited as for {@link #onPacketAcked}
   */
  void onRttSample(long sentNanos, long nowNanos, long smoothedNanos, boolean applicationLimited);

  /**
   * A packet in flight was acknowledged, or several of one batch.
   *
   * @param bytes of all of them
   * @param applicationLimited the window was not used up, so its growth would be based on nothing
   *     (RFC 9002 §7.8)
   */
  void onPacketAcked(int bytes, long sentNanos, long nowNanos, boolean applicationLimited);

  /** A packet in flight was lost; {@link #onPacketsLost} follows for all of them together. */
  default void onPacketLost(long packetNumber, int bytes, long sentNanos, long nowNanos) {}

  /** A packet in flight is not heard of any more, which says nothing of the path. */
  default void onPacketForgotten(int bytes, long sentNanos) {}

  /** All that one acknowledgement told has been reported. */
  default void onAckSettled(long bytesInFlight, long nowNanos) {}

  /**
   * Packets in flight were lost.
   *
   * @param newestSentNanos when the most recent of them was sent
   * @return whether this began a recovery period: one packet may leave at once although the window
   *     is full (RFC 9002 §7.3.2)
   */
  boolean onPacketsLost(long newestSentNanos, long nowNanos);

  /**
   * Packets arrived with the codepoint that says that they met congestion (CE, RFC 3168 §5); to be
   * answered as their loss would be (RFC 9002 §7.1).
   *
   * @param packets how many of them
   * @param newestSentNanos when the newest packet was sent that was acknowledged with them
   * @return as of {@link #onPacketsLost}
   */
  boolean onCongestionMarked(long packets, long newestSentNanos, long nowNanos);

  /**
   * All packets that were declared lost since the last recovery period began have been acknowledged
   * after all: they were late.
   */
  void onSpuriousCongestion();

  /** Full packets have another size from now on (RFC 9000 §14.3). */
  void onDatagramBytes(int bytes);

  /** Everything sent over a long time was lost (RFC 9002 §7.6). */
  void onPersistentCongestion();
}
