package dev.memux.engine.wire;

import dev.memux.tls.EncryptionLevel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * All frame types, and the only place that says which frame is legal where: in which packets (RFC
 * 9000 §12.4, table 3, whose letters these are: Initial, Handshake, 0-RTT, 1-RTT), and whether in
 * QMux records, R (QMux §4). A frame of an extension also needs its receiver to have announced
 * that; who knows what was announced checks it.
 */
public enum FrameType {
  PADDING(0x00, "IH01R", true),
  PING(0x01, "IH01"),
  ACK(0x02, "IH1"),
  ACK_ECN(0x03, "IH1"),
  RESET_STREAM(0x04, "01R"),
  STOP_SENDING(0x05, "01R"),
  CRYPTO(0x06, "IH1"),
  NEW_TOKEN(0x07, "1"),
  STREAM(0x08, "01R"),
  MAX_DATA(0x10, "01R"),
  MAX_STREAM_DATA(0x11, "01R"),
  MAX_STREAMS_BIDI(0x12, "01R"),
  MAX_STREAMS_UNI(0x13, "01R"),
  DATA_BLOCKED(0x14, "01R"),
  STREAM_DATA_BLOCKED(0x15, "01R"),
  STREAMS_BLOCKED_BIDI(0x16, "01R"),
  STREAMS_BLOCKED_UNI(0x17, "01R"),
  NEW_CONNECTION_ID(0x18, "01", true),
  RETIRE_CONNECTION_ID(0x19, "1"),
  PATH_CHALLENGE(0x1a, "01", true),
  PATH_RESPONSE(0x1b, "1", true),
  CONNECTION_CLOSE(0x1c, "IH01R"),
  APPLICATION_CLOSE(0x1d, "01R"),
  HANDSHAKE_DONE(0x1e, "1"),
  /** draft-ietf-quic-ack-frequency §5. */
  IMMEDIATE_ACK(0x1f, "1"),
  /** draft-ietf-quic-reliable-stream-reset. */
  RESET_STREAM_AT(0x24, "01R"),
  /** RFC 9221 §4. */
  DATAGRAM(0x30, "01R"),
  /** draft-ietf-quic-ack-frequency §4. */
  ACK_FREQUENCY(0xaf, "1"),
  /** docs/stream-priority.md. */
  STREAM_PRIORITY(0x4d45_4d55_58L, "01R"),
  /** QMux §4.3: the request. */
  QX_PING(0x348c67529ef8c7bdL, "R"),
  /** QMux §4.3: the response. */
  QX_PING_RESPONSE(0x348c67529ef8c7beL, "R"),
  /** QMux §4.2. */
  QX_TRANSPORT_PARAMETERS(0x3f5153300d0a0d0aL, "R");

  /** STREAM frames have eight types: {@code 0x08} with flags for offset, length and FIN. */
  static final int STREAM_FIN = 0x01;

  static final int STREAM_LENGTH = 0x02;
  static final int STREAM_OFFSET = 0x04;
  static final int STREAM_FLAGS = STREAM_FIN | STREAM_LENGTH | STREAM_OFFSET;

  /** DATAGRAM has a type with a length and one without, {@code 0x30}. */
  static final int DATAGRAM_LENGTH = 0x01;

  private static final int TYPE_COUNT = 0x32;
  private static final @Nullable FrameType[] BY_CODE = new @Nullable FrameType[TYPE_COUNT];
  private static final FrameType[] EXTENSIONS =
      Arrays.stream(values()).filter(type -> type.code >= TYPE_COUNT).toArray(FrameType[]::new);

  static {
    for (FrameType type : values()) {
      if (type.code < TYPE_COUNT) {
        BY_CODE[(int) type.code] = type;
      }
    }
    for (int flags = 0; flags <= STREAM_FLAGS; flags++) {
      BY_CODE[(int) STREAM.code | flags] = STREAM;
    }
    BY_CODE[(int) DATAGRAM.code | DATAGRAM_LENGTH] = DATAGRAM;
  }

  private final long code;
  private final boolean initial;
  private final boolean handshake;
  private final boolean early;
  private final boolean oneRtt;
  private final boolean record;
  private final boolean probing;

  FrameType(long code, String legalIn) {
    this(code, legalIn, false);
  }

  FrameType(long code, String legalIn, boolean probing) {
    this.code = code;
    this.initial = legalIn.indexOf('I') >= 0;
    this.handshake = legalIn.indexOf('H') >= 0;
    this.early = legalIn.indexOf('0') >= 0;
    this.oneRtt = legalIn.indexOf('1') >= 0;
    this.record = legalIn.indexOf('R') >= 0;
    this.probing = probing;
  }

  /** The type as it stands on the wire; STREAM's and DATAGRAM's without flags. */
  public long code() {
    return code;
  }

  /** The frame of that type, or null when there is none. */
  public static @Nullable FrameType of(long code) {
    if (code < TYPE_COUNT) {
      return BY_CODE[(int) code];
    }
    for (FrameType type : EXTENSIONS) {
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
    return switch (level) {
      case INITIAL -> initial;
      case HANDSHAKE -> handshake;
      case EARLY -> early;
      case APPLICATION -> oneRtt;
    };
  }

  /** Whether the frame may stand in QMux records. */
  public boolean isLegalInRecord() {
    return record;
  }

  /** Whether packets know the frame at all: what only records have is unknown there. */
  boolean isPacketFrame() {
    return oneRtt;
  }
}
