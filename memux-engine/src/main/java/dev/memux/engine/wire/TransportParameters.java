package dev.memux.engine.wire;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Transport parameters (RFC 9000 §18). Immutable; times in milliseconds, as on the wire.
 *
 * @param originalDestinationConnectionId server only: what the client's first Initial was sent to
 * @param maxIdleTimeoutMillis 0: none
 * @param statelessResetToken server only
 * @param maxUdpPayloadBytes the largest datagram its sender takes
 * @param ackDelayExponent shift of ACK Delay fields, at most 20
 * @param maxAckDelayMillis longest delay of an acknowledgement, below 2^14
 * @param preferredAddress server only, encoded
 * @param activeConnectionIdLimit at least 2
 * @param retrySourceConnectionId server only
 * @param maxDatagramFrameBytes the largest DATAGRAM frame its sender takes, 0: none (RFC 9221 §3)
 * @param resetStreamAt whether its sender takes RESET_STREAM_AT
 *     (draft-ietf-quic-reliable-stream-reset §3)
 * @param streamPriority whether its sender takes STREAM_PRIORITY (docs/stream-priority.md §2)
 * @param minAckDelayMicros the least delay of an acknowledgement that its sender may be asked for,
 *     {@link #NO_ACK_FREQUENCY} if it takes neither ACK_FREQUENCY nor IMMEDIATE_ACK
 *     (draft-ietf-quic-ack-frequency §3)
 * @param greaseQuicBit whether its sender takes packets with either value of the fixed bit (RFC
 *     9287 §3)
 * @param versionInformation null: its sender says nothing of versions (RFC 9368 §3)
 * @param maxRecordBytes QMux only: the longest record that its sender takes, without its size (QMux
 *     §5.2)
 */
@SuppressWarnings("ArrayRecordComponent") // connection IDs as bytes; never compared as a whole
public record TransportParameters(
    byte @Nullable [] originalDestinationConnectionId,
    long maxIdleTimeoutMillis,
    byte @Nullable [] statelessResetToken,
    long maxUdpPayloadBytes,
    long initialMaxData,
    long initialMaxStreamDataBidiLocal,
    long initialMaxStreamDataBidiRemote,
    long initialMaxStreamDataUni,
    long initialMaxStreamsBidi,
    long initialMaxStreamsUni,
    long ackDelayExponent,
    long maxAckDelayMillis,
    boolean disableActiveMigration,
    byte @Nullable [] preferredAddress,
    long activeConnectionIdLimit,
    byte @Nullable [] initialSourceConnectionId,
    byte @Nullable [] retrySourceConnectionId,
    long maxDatagramFrameBytes,
    boolean resetStreamAt,
    boolean streamPriority,
    long minAckDelayMicros,
    boolean greaseQuicBit,
    @Nullable VersionInformation versionInformation,
    long maxRecordBytes) {

  /** Its sender's acknowledgements are its own affair. */
  public static final long NO_ACK_FREQUENCY = -1;

  /** QMux §5.2: what a record may have where the peer says nothing, and the least it may say. */
  public static final int DEFAULT_MAX_RECORD_BYTES = 16382;

  private static final int ORIGINAL_DESTINATION_CONNECTION_ID = 0x00;
  private static final int MAX_IDLE_TIMEOUT = 0x01;
  private static final int STATELESS_RESET_TOKEN = 0x02;
  private static final int MAX_UDP_PAYLOAD_SIZE = 0x03;
  private static final int INITIAL_MAX_DATA = 0x04;
  private static final int INITIAL_MAX_STREAM_DATA_BIDI_LOCAL = 0x05;
  private static final int INITIAL_MAX_STREAM_DATA_BIDI_REMOTE = 0x06;
  private static final int INITIAL_MAX_STREAM_DATA_UNI = 0x07;
  private static final int INITIAL_MAX_STREAMS_BIDI = 0x08;
  private static final int INITIAL_MAX_STREAMS_UNI = 0x09;
  private static final int ACK_DELAY_EXPONENT = 0x0a;
  private static final int MAX_ACK_DELAY = 0x0b;
  private static final int DISABLE_ACTIVE_MIGRATION = 0x0c;
  private static final int PREFERRED_ADDRESS = 0x0d;
  private static final int ACTIVE_CONNECTION_ID_LIMIT = 0x0e;
  private static final int INITIAL_SOURCE_CONNECTION_ID = 0x0f;
  private static final int RETRY_SOURCE_CONNECTION_ID = 0x10;

  private static final int VERSION_INFORMATION = 0x11;
  private static final int RESET_STREAM_AT = 0x1d;
  private static final int MAX_DATAGRAM_FRAME_SIZE = 0x20;
  private static final long GREASE_QUIC_BIT = 0x2ab2;
  private static final long MIN_ACK_DELAY = 0xff04de1bL;
  private static final long STREAM_PRIORITY = FrameType.STREAM_PRIORITY.code();
  private static final long MAX_RECORD_SIZE = 0x0571c59429cd0845L;

  private static final long MICROS_PER_MILLI = 1000;
  private static final int MAX_CONNECTION_ID_BYTES = 20;
  private static final int RESET_TOKEN_BYTES = 16;
  private static final int MIN_UDP_PAYLOAD_BYTES = 1200;
  private static final int MAX_ACK_DELAY_EXPONENT = 20;
  private static final long MAX_STREAM_LIMIT = 1L << 60;

  /**
   * IPv4 and IPv6 address and port, connection ID length and ID of a byte, token (RFC 9000 §18.2).
   */
  private static final int MIN_PREFERRED_ADDRESS_BYTES = 4 + 2 + 16 + 2 + 1 + 1 + RESET_TOKEN_BYTES;

  /**
   * The number of parameters, known or not, that one peer may send; a name of our own, no RFC's.
   */
  private static final int MAX_PARAMETERS = 128;

  /** What version_information may have; a limit of our own, far above what anybody speaks. */
  private static final int MAX_VERSION_INFORMATION_BYTES = 1024;

  /** Starts from the defaults of RFC 9000 §18.2. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * What a client remembers for early data (RFC 9000 §7.4.1): not what belongs to one connection or
   * only concerns acknowledgements.
   */
  public TransportParameters remembered() {
    return new TransportParameters(
        null,
        maxIdleTimeoutMillis,
        null,
        maxUdpPayloadBytes,
        initialMaxData,
        initialMaxStreamDataBidiLocal,
        initialMaxStreamDataBidiRemote,
        initialMaxStreamDataUni,
        initialMaxStreamsBidi,
        initialMaxStreamsUni,
        Builder.DEFAULT_ACK_DELAY_EXPONENT,
        Builder.DEFAULT_MAX_ACK_DELAY_MILLIS,
        disableActiveMigration,
        null,
        activeConnectionIdLimit,
        null,
        null,
        maxDatagramFrameBytes,
        resetStreamAt,
        streamPriority,
        NO_ACK_FREQUENCY,
        false,
        null,
        maxRecordBytes);
  }

  /** The same with other information on versions. */
  public TransportParameters withVersion(VersionInformation information) {
    return new TransportParameters(
        originalDestinationConnectionId,
        maxIdleTimeoutMillis,
        statelessResetToken,
        maxUdpPayloadBytes,
        initialMaxData,
        initialMaxStreamDataBidiLocal,
        initialMaxStreamDataBidiRemote,
        initialMaxStreamDataUni,
        initialMaxStreamsBidi,
        initialMaxStreamsUni,
        ackDelayExponent,
        maxAckDelayMillis,
        disableActiveMigration,
        preferredAddress,
        activeConnectionIdLimit,
        initialSourceConnectionId,
        retrySourceConnectionId,
        maxDatagramFrameBytes,
        resetStreamAt,
        streamPriority,
        minAckDelayMicros,
        greaseQuicBit,
        information,
        maxRecordBytes);
  }

  /**
   * Whether no limit is lower than in {@code other}, of those that RFC 9000 §7.4.1, RFC 9221 §3, §3
   * of draft-ietf-quic-reliable-stream-reset and docs/stream-priority.md §2 name.
   */
  public boolean allowsAllOf(TransportParameters other) {
    return activeConnectionIdLimit >= other.activeConnectionIdLimit
        && initialMaxData >= other.initialMaxData
        && initialMaxStreamDataBidiLocal >= other.initialMaxStreamDataBidiLocal
        && initialMaxStreamDataBidiRemote >= other.initialMaxStreamDataBidiRemote
        && initialMaxStreamDataUni >= other.initialMaxStreamDataUni
        && initialMaxStreamsBidi >= other.initialMaxStreamsBidi
        && initialMaxStreamsUni >= other.initialMaxStreamsUni
        && maxDatagramFrameBytes >= other.maxDatagramFrameBytes
        && (resetStreamAt || !other.resetStreamAt)
        && (streamPriority || !other.streamPriority)
        && maxRecordBytes >= other.maxRecordBytes;
  }

  /** The parameters as the TLS extension, or QMux's frame, carries them. */
  public byte[] encode() {
    Encoder out = new Encoder();
    out.bytes(ORIGINAL_DESTINATION_CONNECTION_ID, originalDestinationConnectionId);
    out.number(MAX_IDLE_TIMEOUT, maxIdleTimeoutMillis, 0);
    out.bytes(STATELESS_RESET_TOKEN, statelessResetToken);
    out.number(MAX_UDP_PAYLOAD_SIZE, maxUdpPayloadBytes, Builder.DEFAULT_MAX_UDP_PAYLOAD_BYTES);
    out.number(INITIAL_MAX_DATA, initialMaxData, 0);
    out.number(INITIAL_MAX_STREAM_DATA_BIDI_LOCAL, initialMaxStreamDataBidiLocal, 0);
    out.number(INITIAL_MAX_STREAM_DATA_BIDI_REMOTE, initialMaxStreamDataBidiRemote, 0);
    out.number(INITIAL_MAX_STREAM_DATA_UNI, initialMaxStreamDataUni, 0);
    out.number(INITIAL_MAX_STREAMS_BIDI, initialMaxStreamsBidi, 0);
    out.number(INITIAL_MAX_STREAMS_UNI, initialMaxStreamsUni, 0);
    out.number(ACK_DELAY_EXPONENT, ackDelayExponent, Builder.DEFAULT_ACK_DELAY_EXPONENT);
    out.number(MAX_ACK_DELAY, maxAckDelayMillis, Builder.DEFAULT_MAX_ACK_DELAY_MILLIS);
    out.bytes(DISABLE_ACTIVE_MIGRATION, disableActiveMigration ? new byte[0] : null);
    out.bytes(PREFERRED_ADDRESS, preferredAddress);
    out.number(
        ACTIVE_CONNECTION_ID_LIMIT,
        activeConnectionIdLimit,
        Builder.DEFAULT_ACTIVE_CONNECTION_ID_LIMIT);
    out.bytes(INITIAL_SOURCE_CONNECTION_ID, initialSourceConnectionId);
    out.bytes(RETRY_SOURCE_CONNECTION_ID, retrySourceConnectionId);
    out.bytes(VERSION_INFORMATION, versionInformation == null ? null : versionInformation.encode());
    out.bytes(RESET_STREAM_AT, resetStreamAt ? new byte[0] : null);
    out.number(MAX_DATAGRAM_FRAME_SIZE, maxDatagramFrameBytes, 0);
    out.bytes(STREAM_PRIORITY, streamPriority ? new byte[0] : null);
    out.bytes(GREASE_QUIC_BIT, greaseQuicBit ? new byte[0] : null);
    out.number(MIN_ACK_DELAY, minAckDelayMicros, NO_ACK_FREQUENCY);
    out.number(MAX_RECORD_SIZE, maxRecordBytes, DEFAULT_MAX_RECORD_BYTES);
    return out.encoded();
  }

  /**
   * Reads what a peer sent; unknown parameters are ignored (RFC 9000 §7.4.2).
   *
   * @param fromServer whether the peer is the server: a client must not send a server's parameters
   * @throws ProtocolException TRANSPORT_PARAMETER_ERROR for anything malformed, out of range, twice
   *     there or not allowed
   */
  public static TransportParameters decode(byte[] encoded, boolean fromServer)
      throws ProtocolException {
    Decoder in = new Decoder(encoded);
    Builder out = new Builder();
    Set<Long> seen = new HashSet<>();
    while (in.hasMore()) {
      long id = next(in, seen);
      if (id <= MAX_DATAGRAM_FRAME_SIZE) {
        decodeKnown((int) id, in, fromServer, out);
      } else {
        decodeExtension(id, in, out);
        if (id == MIN_ACK_DELAY) {
          out.minAckDelayMicros = in.number(0, VarInt.MAX);
        } else if (id == GREASE_QUIC_BIT) {
          in.bytes(0, 0); // RFC 9287 §3: a value is an error
          out.greaseQuicBit = true;
        }
      }
    }
    checkAckDelays(out);
    return out.build();
  }

  /** draft-ietf-quic-ack-frequency §3: whoever obeys both would have no delay left. */
  private static void checkAckDelays(Builder out) throws ProtocolException {
    if (out.minAckDelayMicros > out.maxAckDelayMillis * MICROS_PER_MILLI) {
      throw error("min_ack_delay " + out.minAckDelayMicros + " µs above max_ack_delay");
    }
  }

  /**
   * Reads what a peer sent in QX_TRANSPORT_PARAMETERS (QMux §5); unknown parameters are ignored.
   *
   * @throws ProtocolException TRANSPORT_PARAMETER_ERROR for anything malformed, out of range, twice
   *     there or not allowed
   */
  public static TransportParameters decodeQmux(byte[] encoded) throws ProtocolException {
    Decoder in = new Decoder(encoded);
    Builder out = new Builder();
    Set<Long> seen = new HashSet<>();
    while (in.hasMore()) {
      long id = next(in, seen);
      if (id == MAX_RECORD_SIZE) {
        // QMux §5.2: at least the default.
        out.maxRecordBytes = in.number(DEFAULT_MAX_RECORD_BYTES, VarInt.MAX);
      } else if (id <= MAX_DATAGRAM_FRAME_SIZE && id != VERSION_INFORMATION) {
        checkPermitted((int) id);
        decodeKnown((int) id, in, true, out);
      } else {
        decodeExtension(id, in, out);
      }
    }
    return out.build();
  }

  /** Those of either carrier whose numbers are large; others are not known. */
  private static void decodeExtension(long id, Decoder in, Builder out) throws ProtocolException {
    if (id == STREAM_PRIORITY) {
      in.bytes(0, 0); // docs/stream-priority.md §2: a value is an error
      out.streamPriority = true;
    }
  }

  /** QMux §5.1: what is about packets, paths and connection IDs has no meaning there. */
  private static void checkPermitted(int id) throws ProtocolException {
    switch (id) {
      case ORIGINAL_DESTINATION_CONNECTION_ID,
          STATELESS_RESET_TOKEN,
          MAX_UDP_PAYLOAD_SIZE,
          ACK_DELAY_EXPONENT,
          MAX_ACK_DELAY,
          DISABLE_ACTIVE_MIGRATION,
          PREFERRED_ADDRESS,
          ACTIVE_CONNECTION_ID_LIMIT,
          INITIAL_SOURCE_CONNECTION_ID,
          RETRY_SOURCE_CONNECTION_ID ->
          throw error("parameter 0x" + Integer.toHexString(id) + " over QMux");
      default -> {}
    }
  }

  /** Goes to the next parameter, and returns its ID. */
  private static long next(Decoder in, Set<Long> seen) throws ProtocolException {
    long id = in.varint();
    in.value();
    if (!seen.add(id)) {
      throw error("parameter 0x" + Long.toHexString(id) + " twice"); // RFC 9000 §7.4
    }
    if (seen.size() > MAX_PARAMETERS) {
      throw error("more than " + MAX_PARAMETERS + " parameters");
    }
    return id;
  }

  private static void decodeKnown(int id, Decoder in, boolean fromServer, Builder out)
      throws ProtocolException {
    boolean serverOnly =
        id == ORIGINAL_DESTINATION_CONNECTION_ID
            || id == STATELESS_RESET_TOKEN
            || id == PREFERRED_ADDRESS
            || id == RETRY_SOURCE_CONNECTION_ID;
    if (serverOnly && !fromServer) {
      throw error("parameter 0x" + Integer.toHexString(id) + " from a client"); // RFC 9000 §18.2
    }
    switch (id) {
      case ORIGINAL_DESTINATION_CONNECTION_ID ->
          out.originalDestinationConnectionId = in.bytes(0, MAX_CONNECTION_ID_BYTES);
      case MAX_IDLE_TIMEOUT -> out.maxIdleTimeoutMillis = in.number(0, VarInt.MAX);
      case STATELESS_RESET_TOKEN ->
          out.statelessResetToken = in.bytes(RESET_TOKEN_BYTES, RESET_TOKEN_BYTES);
      case MAX_UDP_PAYLOAD_SIZE ->
          out.maxUdpPayloadBytes = in.number(MIN_UDP_PAYLOAD_BYTES, VarInt.MAX);
      case INITIAL_MAX_DATA -> out.initialMaxData = in.number(0, VarInt.MAX);
      case INITIAL_MAX_STREAM_DATA_BIDI_LOCAL ->
          out.initialMaxStreamDataBidiLocal = in.number(0, VarInt.MAX);
      case INITIAL_MAX_STREAM_DATA_BIDI_REMOTE ->
          out.initialMaxStreamDataBidiRemote = in.number(0, VarInt.MAX);
      case INITIAL_MAX_STREAM_DATA_UNI -> out.initialMaxStreamDataUni = in.number(0, VarInt.MAX);
      case INITIAL_MAX_STREAMS_BIDI -> out.initialMaxStreamsBidi = in.number(0, MAX_STREAM_LIMIT);
      case INITIAL_MAX_STREAMS_UNI -> out.initialMaxStreamsUni = in.number(0, MAX_STREAM_LIMIT);
      case ACK_DELAY_EXPONENT -> out.ackDelayExponent = in.number(0, MAX_ACK_DELAY_EXPONENT);
      case MAX_ACK_DELAY -> out.maxAckDelayMillis = in.number(0, (1 << 14) - 1);
      case DISABLE_ACTIVE_MIGRATION -> {
        in.bytes(0, 0);
        out.disableActiveMigration = true;
      }
      case PREFERRED_ADDRESS -> out.preferredAddress = preferredAddress(in);
      case ACTIVE_CONNECTION_ID_LIMIT -> out.activeConnectionIdLimit = in.number(2, VarInt.MAX);
      case INITIAL_SOURCE_CONNECTION_ID ->
          out.initialSourceConnectionId = in.bytes(0, MAX_CONNECTION_ID_BYTES);
      case RETRY_SOURCE_CONNECTION_ID ->
          out.retrySourceConnectionId = in.bytes(0, MAX_CONNECTION_ID_BYTES);
      case RESET_STREAM_AT -> {
        in.bytes(0, 0); // §3 of the draft: a value is an error
        out.resetStreamAt = true;
      }
      case VERSION_INFORMATION ->
          out.versionInformation =
              VersionInformation.decode(in.bytes(0, MAX_VERSION_INFORMATION_BYTES), fromServer);
      case MAX_DATAGRAM_FRAME_SIZE -> out.maxDatagramFrameBytes = in.number(0, VarInt.MAX);
      default -> {} // not known
    }
  }

  private static byte[] preferredAddress(Decoder in) throws ProtocolException {
    byte[] value =
        in.bytes(
            MIN_PREFERRED_ADDRESS_BYTES, MIN_PREFERRED_ADDRESS_BYTES - 1 + MAX_CONNECTION_ID_BYTES);
    int idLength = value[24] & 0xff;
    if (idLength == 0 || value.length != 25 + idLength + RESET_TOKEN_BYTES) {
      throw error("preferred_address with a connection ID of " + idLength + " bytes");
    }
    return value;
  }

  private static ProtocolException error(String reason) {
    return new ProtocolException(TransportError.TRANSPORT_PARAMETER_ERROR, 0, reason);
  }

  /** Collects parameters; starts from the defaults of RFC 9000 §18.2. */
  public static final class Builder {
    static final long DEFAULT_MAX_UDP_PAYLOAD_BYTES = 65527;
    static final long DEFAULT_ACK_DELAY_EXPONENT = 3;
    static final long DEFAULT_MAX_ACK_DELAY_MILLIS = 25;
    static final long DEFAULT_ACTIVE_CONNECTION_ID_LIMIT = 2;

    private byte @Nullable [] originalDestinationConnectionId;
    private long maxIdleTimeoutMillis;
    private byte @Nullable [] statelessResetToken;
    private long maxUdpPayloadBytes = DEFAULT_MAX_UDP_PAYLOAD_BYTES;
    private long initialMaxData;
    private long initialMaxStreamDataBidiLocal;
    private long initialMaxStreamDataBidiRemote;
    private long initialMaxStreamDataUni;
    private long initialMaxStreamsBidi;
    private long initialMaxStreamsUni;
    private long ackDelayExponent = DEFAULT_ACK_DELAY_EXPONENT;
    private long maxAckDelayMillis = DEFAULT_MAX_ACK_DELAY_MILLIS;
    private boolean disableActiveMigration;
    private byte @Nullable [] preferredAddress;
    private long activeConnectionIdLimit = DEFAULT_ACTIVE_CONNECTION_ID_LIMIT;
    private byte @Nullable [] initialSourceConnectionId;
    private byte @Nullable [] retrySourceConnectionId;
    private long maxDatagramFrameBytes;
    private boolean resetStreamAt;
    private boolean streamPriority;
    private long minAckDelayMicros = NO_ACK_FREQUENCY;
    private boolean greaseQuicBit;
    private @Nullable VersionInformation versionInformation;
    private long maxRecordBytes = DEFAULT_MAX_RECORD_BYTES;

    private Builder() {}

    public Builder originalDestinationConnectionId(byte[] value) {
      originalDestinationConnectionId = value;
      return this;
    }

    public Builder maxIdleTimeoutMillis(long value) {
      maxIdleTimeoutMillis = value;
      return this;
    }

    public Builder statelessResetToken(byte[] value) {
      statelessResetToken = value;
      return this;
    }

    public Builder maxUdpPayloadBytes(long value) {
      maxUdpPayloadBytes = value;
      return this;
    }

    public Builder initialMaxData(long value) {
      initialMaxData = value;
      return this;
    }

    /** Sets the initial limit of bidirectional streams, opened by either side. */
    public Builder initialMaxStreamDataBidi(long value) {
      initialMaxStreamDataBidiLocal = value;
      initialMaxStreamDataBidiRemote = value;
      return this;
    }

    public Builder initialMaxStreamDataUni(long value) {
      initialMaxStreamDataUni = value;
      return this;
    }

    public Builder initialMaxStreamsBidi(long value) {
      initialMaxStreamsBidi = value;
      return this;
    }

    public Builder initialMaxStreamsUni(long value) {
      initialMaxStreamsUni = value;
      return this;
    }

    public Builder ackDelayExponent(long value) {
      ackDelayExponent = value;
      return this;
    }

    public Builder maxAckDelayMillis(long value) {
      maxAckDelayMillis = value;
      return this;
    }

    public Builder disableActiveMigration(boolean value) {
      disableActiveMigration = value;
      return this;
    }

    public Builder activeConnectionIdLimit(long value) {
      activeConnectionIdLimit = value;
      return this;
    }

    public Builder initialSourceConnectionId(byte[] value) {
      initialSourceConnectionId = value;
      return this;
    }

    public Builder retrySourceConnectionId(byte[] value) {
      retrySourceConnectionId = value;
      return this;
    }

    public Builder maxDatagramFrameBytes(long value) {
      maxDatagramFrameBytes = value;
      return this;
    }

    public Builder resetStreamAt(boolean value) {
      resetStreamAt = value;
      return this;
    }

    public Builder streamPriority(boolean value) {
      streamPriority = value;
      return this;
    }

    public Builder minAckDelayMicros(long value) {
      minAckDelayMicros = value;
      return this;
    }

    public Builder greaseQuicBit(boolean value) {
      greaseQuicBit = value;
      return this;
    }

    public Builder versionInformation(VersionInformation value) {
      versionInformation = value;
      return this;
    }

    public Builder maxRecordBytes(long value) {
      maxRecordBytes = value;
      return this;
    }

    public TransportParameters build() {
      return new TransportParameters(
          originalDestinationConnectionId,
          maxIdleTimeoutMillis,
          statelessResetToken,
          maxUdpPayloadBytes,
          initialMaxData,
          initialMaxStreamDataBidiLocal,
          initialMaxStreamDataBidiRemote,
          initialMaxStreamDataUni,
          initialMaxStreamsBidi,
          initialMaxStreamsUni,
          ackDelayExponent,
          maxAckDelayMillis,
          disableActiveMigration,
          preferredAddress,
          activeConnectionIdLimit,
          initialSourceConnectionId,
          retrySourceConnectionId,
          maxDatagramFrameBytes,
          resetStreamAt,
          streamPriority,
          minAckDelayMicros,
          greaseQuicBit,
          versionInformation,
          maxRecordBytes);
    }
  }

  private static final class Encoder {
    private byte[] buffer = new byte[256];
    private int length;

    void number(long id, long value, long defaultValue) {
      if (value != defaultValue) {
        header(id, VarInt.size(value));
        length = VarInt.write(buffer, length, value);
      }
    }

    void bytes(long id, byte @Nullable [] value) {
      if (value != null) {
        header(id, value.length);
        System.arraycopy(value, 0, buffer, length, value.length);
        length += value.length;
      }
    }

    byte[] encoded() {
      return Arrays.copyOf(buffer, length);
    }

    private void header(long id, int size) {
      if (buffer.length - length < size + 16) {
        buffer = Arrays.copyOf(buffer, buffer.length * 2 + size);
      }
      length = VarInt.write(buffer, length, id);
      length = VarInt.write(buffer, length, size);
    }
  }

  private static final class Decoder {
    private final byte[] buffer;
    private int position;
    private int valueEnd;
    private int next;

    Decoder(byte[] encoded) {
      buffer = encoded;
      valueEnd = encoded.length;
    }

    boolean hasMore() {
      position = next;
      valueEnd = buffer.length;
      return position < buffer.length;
    }

    /** Confines what is read next to the value that begins here. */
    void value() throws ProtocolException {
      long length = varint();
      if (length > buffer.length - position) {
        throw error("truncated parameter");
      }
      valueEnd = position + (int) length;
      next = valueEnd;
    }

    long varint() throws ProtocolException {
      if (position >= valueEnd || position + VarInt.sizeOf(buffer[position]) > valueEnd) {
        throw error("truncated parameter");
      }
      long value = VarInt.read(buffer, position);
      position += VarInt.sizeOf(buffer[position]);
      return value;
    }

    long number(long min, long max) throws ProtocolException {
      long value = varint();
      if (position != valueEnd) {
        throw error("bytes after a number");
      }
      if (value < min || value > max) {
        throw error("value " + value + " not in " + min + ".." + max);
      }
      return value;
    }

    byte[] bytes(int min, int max) throws ProtocolException {
      int length = valueEnd - position;
      if (length < min || length > max) {
        throw error("value of " + length + " bytes");
      }
      return Arrays.copyOfRange(buffer, position, valueEnd);
    }
  }
}
