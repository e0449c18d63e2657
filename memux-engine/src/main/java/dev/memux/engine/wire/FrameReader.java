package dev.memux.engine.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.memux.tls.EncryptionLevel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of a packet's payload (RFC 9000 §19) or of a QMux record (QMux §3.2). One reader
 * serves one connection.
 */
public final class FrameReader {
  /** RFC 9000 §4.6: a stream limit above 2^60 would allow an ID that no integer can hold. */
  private static final long MAX_STREAM_LIMIT = 1L << 60;

  private static final int MAX_CONNECTION_ID_BYTES = 20;
  private static final int RESET_TOKEN_BYTES = 16;

  private final AckFrame ack = new AckFrame();
  private byte[] buffer = new byte[0];
  private int position;
  private int end;
  private long frameCode;
  private boolean probing;

  /**
   * Hands every frame of {@code payload[from, to)} to {@code sink}.
   *
   * @return whether one of them is ack-eliciting (RFC 9000 §13.2)
   * @throws ProtocolException for a frame that is malformed, unknown or not allowed at {@code
   *     level}, or that the sink refuses; the frames before it have been delivered
   */
  public boolean read(byte[] payload, int from, int to, EncryptionLevel level, FrameSink sink)
      throws ProtocolException {
    if (from == to) {
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION, 0, "packet without frames"); // RFC 9000 §12.4
    }
    begin(payload, from, to);
    boolean ackEliciting = false;
    while (hasFrame()) {
      ackEliciting |= readPacketFrame(level, sink);
    }
    return ackEliciting;
  }

  /**
   * Hands every frame of a QMux record's {@code payload[from, to)} to {@code sink}.
   *
   * @throws ProtocolException for a frame that is malformed, unknown or not allowed in records, or
   *     that the sink refuses; the frames before it have been delivered
   */
  public void readRecord(byte[] payload, int from, int to, FrameSink sink)
      throws ProtocolException {
    begin(payload, from, to);
    while (hasFrame()) {
      readRecordFrame(sink);
    }
  }

  private void begin(byte[] payload, int from, int to) {
    buffer = payload;
    position = from;
    end = to;
    probing = true;
  }

  /** Skips PADDING; whether another frame follows. */
  private boolean hasFrame() {
    while (position < end) {
      if (buffer[position] != 0) {
        return true;
      }
      position++;
    }
    return false;
  }

  /** Whether the payload that was read last had probing frames alone (RFC 9000 §9.1). */
  public boolean isProbing() {
    return probing;
  }

  private boolean readPacketFrame(EncryptionLevel level, FrameSink sink) throws ProtocolException {
    int start = position;
    FrameType type = readType();
    if (type == null || !type.isPacketFrame()) {
      throw malformed("unknown frame type");
    }
    checkShortest(start);
    if (!type.isLegalAt(level)) {
      throw violation("frame not allowed in this packet");
    }
    probing &= type.isProbing();
    return readFrame(type, start, sink);
  }

  private void readRecordFrame(FrameSink sink) throws ProtocolException {
    int start = position;
    FrameType type = readType();
    if (type == null) {
      throw malformed("unknown frame type");
    }
    checkShortest(start);
    if (!type.isLegalInRecord()) {
      // QMux §4: what the layer below does already, or what would be about packets and paths.
      throw malformed("frame not allowed in a record");
    }
    readFrame(type, start, sink);
  }

  private @Nullable FrameType readType() throws ProtocolException {
    frameCode = 0; // the type itself may be cut
    frameCode = varint();
    return FrameType.of(frameCode);
  }

  private void checkShortest(int start) throws ProtocolException {
    if (position - start != VarInt.size(frameCode)) {
      // RFC 9000 §12.4: types are sent in the shortest encoding; a longer one hides what a frame
      // is.
      throw violation("frame type not in its shortest encoding");
    }
  }

  /** Returns whether it is ack-eliciting. */
  private boolean readFrame(FrameType type, int start, FrameSink sink) throws ProtocolException {
    switch (type) {
      case STREAM -> readStream(sink);
      case DATAGRAM -> readDatagram(sink, start);
      case ACK, ACK_ECN -> {
        readAck(type == FrameType.ACK_ECN);
        sink.onAck(ack);
        return false;
      }
      case CRYPTO -> readCrypto(sink);
      case CONNECTION_CLOSE, APPLICATION_CLOSE -> {
        sink.onControl(readClose(type == FrameType.APPLICATION_CLOSE));
        return false;
      }
      case PING -> {}
      default -> sink.onControl(readControl(type));
    }
    return true;
  }

  private void readStream(FrameSink sink) throws ProtocolException {
    int flags = (int) frameCode & FrameType.STREAM_FLAGS;
    long id = varint();
    long offset = (flags & FrameType.STREAM_OFFSET) != 0 ? varint() : 0;
    int length = (flags & FrameType.STREAM_LENGTH) != 0 ? length() : end - position;
    if (offset + length > VarInt.MAX) {
      throw malformed("stream data beyond 2^62-1"); // RFC 9000 §19.8
    }
    int from = position;
    position += length;
    sink.onStream(id, offset, buffer, from, length, (flags & FrameType.STREAM_FIN) != 0);
  }

  private void readDatagram(FrameSink sink, int start) throws ProtocolException {
    boolean hasLength = (frameCode & FrameType.DATAGRAM_LENGTH) != 0;
    int length = hasLength ? length() : end - position;
    int from = position;
    position += length;
    sink.onDatagram(buffer, from, length, position - start);
  }

  private void readCrypto(FrameSink sink) throws ProtocolException {
    long offset = varint();
    int length = length();
    if (offset + length > VarInt.MAX) {
      throw malformed("crypto data beyond 2^62-1"); // RFC 9000 §19.6
    }
    int from = position;
    position += length;
    sink.onCrypto(offset, buffer, from, length);
  }

  private void readAck(boolean ecn) throws ProtocolException {
    long largest = varint();
    ack.reset(varint());
    long more = varint();
    long smallest = largest - varint();
    if (smallest < 0) {
      throw malformed("negative packet number"); // RFC 9000 §19.3.1
    }
    ack.addRange(smallest, largest);
    // A range takes at least two bytes, so the packet's size bounds the loop.
    for (long i = 0; i < more; i++) {
      largest = smallest - varint() - 2;
      smallest = largest - varint();
      if (smallest < 0) {
        throw malformed("negative packet number");
      }
      ack.addRange(smallest, largest);
    }
    if (ecn) {
      ack.ecn(varint(), varint(), varint());
    }
  }

  private ControlFrame readControl(FrameType type) throws ProtocolException {
    return switch (type) {
      case RESET_STREAM -> new ControlFrame.ResetStream(varint(), varint(), varint());
      case RESET_STREAM_AT -> readResetStreamAt();
      case STOP_SENDING -> new ControlFrame.StopSending(varint(), varint());
      case NEW_TOKEN -> readNewToken();
      case MAX_DATA -> new ControlFrame.MaxData(varint());
      case MAX_STREAM_DATA -> new ControlFrame.MaxStreamData(varint(), varint());
      case MAX_STREAMS_BIDI -> new ControlFrame.MaxStreams(true, streamLimit());
      case MAX_STREAMS_UNI -> new ControlFrame.MaxStreams(false, streamLimit());
      case DATA_BLOCKED -> new ControlFrame.DataBlocked(varint());
      case STREAM_DATA_BLOCKED -> new ControlFrame.StreamDataBlocked(varint(), varint());
      case STREAMS_BLOCKED_BIDI -> new ControlFrame.StreamsBlocked(true, streamLimit());
      case STREAMS_BLOCKED_UNI -> new ControlFrame.StreamsBlocked(false, streamLimit());
      case NEW_CONNECTION_ID -> readNewConnectionId();
      case RETIRE_CONNECTION_ID -> new ControlFrame.RetireConnectionId(varint());
      case PATH_CHALLENGE -> new ControlFrame.PathChallenge(eightBytes());
      case PATH_RESPONSE -> new ControlFrame.PathResponse(eightBytes());
      case HANDSHAKE_DONE -> new ControlFrame.HandshakeDone();
      case IMMEDIATE_ACK -> new ControlFrame.ImmediateAck();
      case ACK_FREQUENCY -> new ControlFrame.AckFrequency(varint(), varint(), varint(), varint());
      case STREAM_PRIORITY -> readStreamPriority();
      case QX_PING -> new ControlFrame.QxPing(false, varint());
      case QX_PING_RESPONSE -> new ControlFrame.QxPing(true, varint());
      case QX_TRANSPORT_PARAMETERS -> new ControlFrame.QxTransportParameters(bytes(length()));
      case PADDING,
          PING,
          ACK,
          ACK_ECN,
          CRYPTO,
          STREAM,
          DATAGRAM,
          CONNECTION_CLOSE,
          APPLICATION_CLOSE ->
          throw new IllegalStateException("read elsewhere: " + type);
    };
  }

  private ControlFrame readResetStreamAt() throws ProtocolException {
    ControlFrame.ResetStreamAt frame =
        new ControlFrame.ResetStreamAt(varint(), varint(), varint(), varint());
    if (frame.reliableSize() > frame.finalSize()) {
      // draft-ietf-quic-reliable-stream-reset §4: nobody can deliver what is beyond the end.
      throw malformed("reliable size above the final size");
    }
    return frame;
  }

  private ControlFrame readStreamPriority() throws ProtocolException {
    long streamId = varint();
    long sequence = varint();
    long urgency = varint();
    long incremental = varint();
    long groupId = varint();
    if (urgency > ControlFrame.StreamPriority.LOWEST_URGENCY || incremental > 1) {
      // docs/stream-priority.md §3: nobody knows what a value means that has no meaning.
      throw malformed("urgency " + urgency + ", incremental " + incremental);
    }
    return new ControlFrame.StreamPriority(
        streamId, sequence, (int) urgency, incremental == 1, groupId);
  }

  private ControlFrame readNewToken() throws ProtocolException {
    byte[] token = bytes(length());
    if (token.length == 0) {
      throw malformed("empty token"); // RFC 9000 §19.7
    }
    return new ControlFrame.NewToken(token);
  }

  private ControlFrame readNewConnectionId() throws ProtocolException {
    long sequence = varint();
    long retirePriorTo = varint();
    if (retirePriorTo > sequence) {
      throw malformed("retires the ID that it brings"); // RFC 9000 §19.15
    }
    int length = bytes(1)[0] & 0xff;
    if (length < 1 || length > MAX_CONNECTION_ID_BYTES) {
      throw malformed("connection ID of " + length + " bytes"); // RFC 9000 §19.15
    }
    return new ControlFrame.NewConnectionId(
        sequence, retirePriorTo, bytes(length), bytes(RESET_TOKEN_BYTES));
  }

  private ControlFrame readClose(boolean application) throws ProtocolException {
    long code = varint();
    long causedBy = application ? 0 : varint();
    int length = length();
    String reason = new String(buffer, position, length, UTF_8);
    position += length;
    return new ControlFrame.ConnectionClose(application, code, causedBy, reason);
  }

  private long streamLimit() throws ProtocolException {
    long limit = varint();
    if (limit > MAX_STREAM_LIMIT) {
      throw malformed("stream limit above 2^60"); // RFC 9000 §19.11, §19.14
    }
    return limit;
  }

  private long varint() throws ProtocolException {
    int at = position;
    if (at >= end) {
      throw malformed("truncated");
    }
    int after = at + VarInt.sizeOf(buffer[at]);
    if (after > end) {
      throw malformed("truncated");
    }
    position = after;
    return VarInt.read(buffer, at);
  }

  /** A length that the rest of the payload can hold. */
  private int length() throws ProtocolException {
    long length = varint();
    if (length > end - position) {
      throw malformed("truncated");
    }
    return (int) length;
  }

  private byte[] bytes(int length) throws ProtocolException {
    if (length > end - position) {
      throw malformed("truncated");
    }
    position += length;
    return Arrays.copyOfRange(buffer, position - length, position);
  }

  private long eightBytes() throws ProtocolException {
    if (end - position < Long.BYTES) {
      throw malformed("truncated");
    }
    position += Long.BYTES;
    return (long) VarInt.LONG.get(buffer, position - Long.BYTES);
  }

  private ProtocolException malformed(String reason) {
    return fault(TransportError.FRAME_ENCODING_ERROR, reason);
  }

  private ProtocolException violation(String reason) {
    return fault(TransportError.PROTOCOL_VIOLATION, reason);
  }

  private ProtocolException fault(long code, String reason) {
    @Nullable FrameType type = FrameType.of(frameCode);
    String name = type == null ? "0x" + Long.toHexString(frameCode) : type.name();
    return new ProtocolException(code, frameCode, name + ": " + reason);
  }
}
