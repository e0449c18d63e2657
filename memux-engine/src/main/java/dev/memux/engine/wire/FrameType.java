package dev.memux.engine.wire;

import dev.memux.tls.EncryptionLevel;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All frame types, and the only place that says which frame is legal in which packets (RFC 9000
 * §12.4, table 3). A frame of an extension is legal only if its receiver has announced that; who
 * knows what was announced checks it.
 */
public enum FrameType {
  PADDING(0x00, Legal.EVERYWHERE, true),
  PING(0x01, Legal.EVERYWHERE),
  ACK(0x02, Legal.NOT_EARLY),
  ACK_ECN(0x03, Legal.NOT_EARLY),
  RESET_STREAM(0x04, Legal.APPLICATION),
  STOP_SENDING(0x05, Legal.APPLICATION),
  CRYPTO(0x06, Legal.NOT_EARLY),
  NEW_TOKEN(0x07, Legal.ONE_RTT),
  STREAM(0x08, Legal.APPLICATION),
  MAX_DATA(0x10, Legal.APPLICATION),
  MAX_STREAM_DATA(0x11, Legal.APPLICATION),
  MAX_STREAMS_BIDI(0x12, Legal.APPLICATION),
  MAX_STREAMS_UNI(0x13, Legal.APPLICATION),
  DATA_BLOCKED(0x14, Legal.APPLICATION),
  STREAM_DATA_BLOCKED(0x15, Legal.APPLICATION),
  STREAMS_BLOCKED_BIDI(0x16, Legal.APPLICATION),
  STREAMS_BLOCKED_UNI(0x17, Legal.APPLICATION),
  NEW_CONNECTION_ID(0x18, Legal.APPLICATION, true),
  RETIRE_CONNECTION_ID(0x19, Legal.ONE_RTT),
  PATH_CHALLENGE(0x1a, Legal.APPLICATION, true),
  PATH_RESPONSE(0x1b, Legal.ONE_RTT, true),
  CONNECTION_CLOSE(0x1c, Legal.EVERYWHERE),
  APPLICATION_CLOSE(0x1d, Legal.APPLICATION),
  HANDSHAKE_DONE(0x1e, Legal.ONE_RTT),
  /** draft-ietf-quic-reliable-stream-reset. */
  RESET_STREAM_AT(0x24, Legal.APPLICATION),
  /** RFC 9221 §4. */
  DATAGRAM(0x30, Legal.APPLICATION),
  /** docs/stream-priority.md. */
  STREAM_PRIORITY(0x4d45_4d55_58L, Legal.APPLICATION);

  private enum Legal {
    EVERYWHERE,
    /** Everywhere but in 0-RTT packets. */
    NOT_EARLY,
    /** In 0-RTT and 1-RTT packets. */
    APPLICATION,
    /** What answers the server, or only comes from it, cannot be early. */
    ONE_RTT
  }

  /** STREAM frames have eight types: {@code 0x08} with flags for offset, length and FIN. */
  static final int STREAM_FIN = 0x01;

  static final int STREAM_LENGTH = 0x02;
  static final int STREAM_OFFSET = 0x04;
  static final int STREAM_FLAGS = STREAM_FIN | STREAM_LENGTH | STREAM_OFFSET;

  /** DATAGRAM has a type with a length and one without, {@code 0x30}. */
  static final int DATAGRAM_LENGTH = 0x01;

  /** Types below this have a place in a table, the others are compared one after another. */
  private static final int LOW_TYPES = 0x32;

  private static final @Nullable FrameType[] BY_CODE = new @Nullable FrameType[LOW_TYPES];
  private static final FrameType[] HIGH =
      Stream.of(values()).filter(type -> type.code >= LOW_TYPES).toArray(FrameType[]::new);

  static {
    for (FrameType type : values()) {
      if (type.code < LOW_TYPES) {
        BY_CODE[(int) type.code] = type;
      }
    }
    for (int flags = 0; flags <= STREAM_FLAGS; flags++) {
      BY_CODE[(int) STREAM.code | flags] = STREAM;
    }
    BY_CODE[(int) DATAGRAM.code | DATAGRAM_LENGTH] = DATAGRAM;
  }

  private final long code;
  private final Legal legal;
  private final boolean probing;

  FrameType(long code, Legal legal) {
    this(code, legal, false);
  }

  FrameType(long code, Legal legal, boolean probing) {
    this.code = code;
    this.legal = legal;
    this.probing = probing;
  }

  /** The type as it stands on the wire; STREAM's and DATAGRAM's without flags. */
  public long code() {
    return code;
  }

  /** The frame of that type, or null when there is none. */
  public static @Nullable FrameType of(long code) {
    if (code < LOW_TYPES) {
      return BY_CODE[(int) code];
    }
    for (FrameType type : HIGH) {
      if (type.code == code) {
        return type;
      }
    }
    return null;
  }

  /**
   * Whether the frame serves to try out a path: a packet of such frames alone does not say that its
   * sender has moved there (RFC 9000 §9.1).
   */
  public boolean isProbing() {
    return probing;
  }

  /** Whether the frame may stand in packets of {@code level}. */
  public boolean isLegalAt(EncryptionLevel level) {
    return switch (legal) {
      case EVERYWHERE -> true;
      case NOT_EARLY -> level != EncryptionLevel.EARLY;
      case APPLICATION -> level == EncryptionLevel.EARLY || level == EncryptionLevel.APPLICATION;
      case ONE_RTT -> level == EncryptionLevel.APPLICATION;
    };
  }
}
