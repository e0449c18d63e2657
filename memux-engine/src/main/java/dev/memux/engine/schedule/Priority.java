package dev.memux.engine.schedule;

/**
 * How important a stream is (RFC 9218 §4).
 *
 * @param urgency 0, the most urgent, to 7; {@link #CRITICAL_URGENCY} stands above them all and is
 *     for local use: no value that a peer sends may become it
 * @param incremental whether the stream takes turns with its equals. Streams that do not are served
 *     one after another by stream ID, and all of them together take turns as one.
 */
public record Priority(int urgency, boolean incremental) {
  /** The class above urgency 0. */
  public static final int CRITICAL_URGENCY = -1;

  /** The least urgent (RFC 9218 §4.1). */
  public static final int LOWEST_URGENCY = 7;

  /** What a request has that says nothing (RFC 9218 §4.1, §4.2). */
  public static final Priority DEFAULT = new Priority(3, false);

  /**
   * What a stream outside request and response has (raw, CONNECT, a nested session): incremental,
   * so that a long tunnel with a low stream ID starves nobody.
   */
  public static final Priority DEFAULT_INCREMENTAL = new Priority(3, true);

  /**
   * HTTP/3's control and QPACK streams, without which nothing else makes progress. Nothing limits
   * them here, not even the floor: whoever writes to such streams bounds their bytes.
   */
  public static final Priority CRITICAL = new Priority(CRITICAL_URGENCY, true);

  /**
   * @throws IllegalArgumentException if the urgency is none of the above
   */
  public Priority {
    requireUrgency(urgency);
  }

  static int requireUrgency(int urgency) {
    if (urgency < CRITICAL_URGENCY || urgency > LOWEST_URGENCY) {
      throw new IllegalArgumentException("urgency " + urgency);
    }
    return urgency;
  }
}
