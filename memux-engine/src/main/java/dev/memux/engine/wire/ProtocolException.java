package dev.memux.engine.wire;

/**
 * A peer broke the protocol: the connection ends with {@link #code()} (RFC 9000 §11.1). Thrown
 * where the fault is seen, caught once where the datagram came in; it carries no stack trace, as a
 * peer can cause it at will.
 */
public final class ProtocolException extends Exception {
  private static final long serialVersionUID = 1L;

  private final long code;
  private final long frameType;

  /**
   * @param code the transport error code to close with, of {@link TransportError}
   * @param frameType the frame that caused it, 0 when unknown (RFC 9000 §19.19)
   * @param reason for the peer's log
   */
  public ProtocolException(long code, long frameType, String reason) {
    super(reason, null, false, false);
    this.code = code;
    this.frameType = frameType;
  }

  /** The transport error code to close the connection with. */
  public long code() {
    return code;
  }

  /** The type of the frame that broke the rule, 0 when no frame did. */
  public long frameType() {
    return frameType;
  }

  /** What the peer did wrong. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
