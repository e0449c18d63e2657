package dev.memux.engine.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Writes frames into a packet's payload (RFC 9000 §19). Every method either writes a whole frame
 * and returns true, or leaves the payload as it was and returns false because the frame does not
 * fit.
 */
public final class FrameWriter {
  private static final int MAX_REASON_BYTES = 256;
  private static final EcnCounts NO_ECN = new EcnCounts();

  private byte[] buffer = new byte[0];
  private int position;
  private int end;

  /** Begins a payload that may grow from {@code from} to before {@code to}. */
  public void reset(byte[] target, int from, int to) {
    buffer = target;
    position = from;
    end = to;
  }

  /** The array being written to. */
  public byte[] buffer() {
    return buffer;
  }

  /** Index of the next byte to write. */
  public int position() {
    return position;
  }

  public int remaining() {
    return end - position;
  }

  public boolean ping() {
    return single(FrameType.PING);
  }

  /** Fills with PADDING up to {@code to}, or to the end if that comes first. */
  public void padTo(int to) {
    int stop = Math.min(to, end);
    while (position < stop) {
      buffer[position++] = 0;
    }
  }

  public boolean handshakeDone() {
    return single(FrameType.HANDSHAKE_DONE);
  }

  /**
   * Begins a STREAM frame that the caller completes by copying the returned number of bytes to
   * {@link #position()} and calling {@link #advance}. A frame that fills the payload omits its
   * length.
   *
   * @param available bytes that could be sent from {@code offset}
   * @param fin whether the stream ends after all {@code available} bytes; the flag is set only if
   *     they all fit
   * @return bytes of data that the frame holds, 0 for an empty frame with FIN, or -1: nothing fits
   */
  public int stream(long id, long offset, int available, boolean fin) {
    int header = 1 + VarInt.size(id) + (offset == 0 ? 0 : VarInt.size(offset));
    int room = remaining() - header;
    // Without a length the frame must reach the end of the payload; data that would fit but for the
    // length field gets the missing byte or two as PADDING in front.
    boolean fills = available > 0 && available + VarInt.size(available) > room;
    int length = fills ? Math.min(available, room) : available;
    if (length < 0 || (length == 0 && available > 0) || (available == 0 && room < 1)) {
      return -1;
    }
    if (fills) {
      padTo(position + room - length);
    }
    int flags = offset == 0 ? 0 : FrameType.STREAM_OFFSET;
    flags |= fills ? 0 : FrameType.STREAM_LENGTH;
    flags |= fin && length == available ? FrameType.STREAM_FIN : 0;
    buffer[position++] = (byte) (FrameType.STREAM.code() | flags);
    put(id);
    if (offset != 0) {
      put(offset);
    }
    if (!fills) {
      put(length);
    }
    return length;
  }

  /**
   * DATAGRAM (RFC 9221 §4); without its length if it fits only so, and then as the last frame of
   * the payload.
   */
  public boolean datagram(byte[] data) {
    boolean hasLength = 1 + VarInt.size(data.length) + data.length <= remaining();
    if (!hasLength && 1 + data.length > remaining()) {
      return false;
    }
    if (!hasLength) {
      padTo(end - 1 - data.length);
    }
    buffer[position++] =
        (byte) (FrameType.DATAGRAM.code() | (hasLength ? FrameType.DATAGRAM_LENGTH : 0));
    if (hasLength) {
      put(data.length);
    }
    put(data, data.length);
    return true;
  }

  /** Like {@link #stream} for CRYPTO, which always has a length. */
  public int crypto(long offset, int available) {
    int room = remaining() - 1 - VarInt.size(offset);
    int length = Math.min(available, room - VarInt.size(Math.min(available, Math.max(room, 0))));
    if (length <= 0) {
      return -1;
    }
    buffer[position++] = (byte) FrameType.CRYPTO.code();
    put(offset);
    put(length);
    return length;
  }

  /** Says that {@code bytes} have been copied to {@link #position()}. */
  public void advance(int bytes) {
    if (bytes < 0 || bytes > remaining()) {
      throw new IllegalArgumentException("advance by " + bytes + " of " + remaining());
    }
    position += bytes;
  }

  /**
   * ACK of packet numbers (RFC 9000 §19.3), the highest ranges first, as many as fit.
   *
   * @param delay the ACK Delay field, exponent applied
   */
  public boolean ack(RangeSet received, long delay) {
    return ack(received, delay, NO_ECN);
  }

  /** The same, with ECN counts if there are any (RFC 9000 §19.3.2). */
  public boolean ack(RangeSet received, long delay, EcnCounts ecn) {
    int highest = received.size() - 1;
    long largest = received.end(highest) - 1;
    long first = largest - received.start(highest);
    // The count is written first; two bytes of room are kept for it, more ranges are never sent.
    int fixed = 1 + VarInt.size(largest) + VarInt.size(delay) + 2 + VarInt.size(first);
    boolean marked = !ecn.isEmpty();
    if (marked) {
      fixed += VarInt.size(ecn.ect0()) + VarInt.size(ecn.ect1()) + VarInt.size(ecn.ce());
    }
    int room = remaining() - fixed;
    if (room < 0) {
      return false;
    }
    int lowest = highest;
    while (lowest > 0) {
      int size = VarInt.size(gap(received, lowest - 1)) + VarInt.size(length(received, lowest - 1));
      if (size > room || highest - lowest >= (1 << 14) - 1) {
        break;
      }
      room -= size;
      lowest--;
    }
    buffer[position++] = (byte) (marked ? FrameType.ACK_ECN : FrameType.ACK).code();
    put(largest);
    put(delay);
    put(highest - lowest);
    put(first);
    for (int i = highest - 1; i >= lowest; i--) {
      put(gap(received, i));
      put(length(received, i));
    }
    if (marked) {
      put(ecn.ect0());
      put(ecn.ect1());
      put(ecn.ce());
    }
    return true;
  }

  private static long gap(RangeSet received, int range) {
    return received.start(range + 1) - received.end(range) - 1;
  }

  private static long length(RangeSet received, int range) {
    return received.end(range) - received.start(range) - 1;
  }

  public boolean resetStream(long streamId, long errorCode, long finalSize) {
    return fields(FrameType.RESET_STREAM, streamId, errorCode, finalSize);
  }

  public boolean resetStreamAt(long streamId, long errorCode, long finalSize, long reliableSize) {
    int size =
        1
            + VarInt.size(streamId)
            + VarInt.size(errorCode)
            + VarInt.size(finalSize)
            + VarInt.size(reliableSize);
    if (size > remaining()) {
      return false;
    }
    fields(FrameType.RESET_STREAM_AT, streamId, errorCode, finalSize);
    put(reliableSize);
    return true;
  }

  public boolean stopSending(long streamId, long errorCode) {
    return fields(FrameType.STOP_SENDING, streamId, errorCode);
  }

  public boolean streamPriority(
      long streamId, long sequence, int urgency, boolean incremental, long groupId) {
    int size =
        VarInt.size(FrameType.STREAM_PRIORITY.code())
            + VarInt.size(streamId)
            + VarInt.size(sequence)
            + 1
            + 1
            + VarInt.size(groupId);
    if (size > remaining()) {
      return false;
    }
    put(FrameType.STREAM_PRIORITY.code());
    put(streamId);
    put(sequence);
    put(urgency);
    put(incremental ? 1 : 0);
    put(groupId);
    return true;
  }

  public boolean maxData(long maximum) {
    return fields(FrameType.MAX_DATA, maximum);
  }

  public boolean maxStreamData(long streamId, long maximum) {
    return fields(FrameType.MAX_STREAM_DATA, streamId, maximum);
  }

  public boolean maxStreams(boolean bidirectional, long maximum) {
    return fields(bidirectional ? FrameType.MAX_STREAMS_BIDI : FrameType.MAX_STREAMS_UNI, maximum);
  }

  public boolean dataBlocked(long limit) {
    return fields(FrameType.DATA_BLOCKED, limit);
  }

  public boolean streamDataBlocked(long streamId, long limit) {
    return fields(FrameType.STREAM_DATA_BLOCKED, streamId, limit);
  }

  public boolean streamsBlocked(boolean bidirectional, long limit) {
    return fields(
        bidirectional ? FrameType.STREAMS_BLOCKED_BIDI : FrameType.STREAMS_BLOCKED_UNI, limit);
  }

  public boolean retireConnectionId(long sequence) {
    return fields(FrameType.RETIRE_CONNECTION_ID, sequence);
  }

  public boolean newConnectionId(
      long sequence, long retirePriorTo, byte[] connectionId, byte[] statelessResetToken) {
    int size =
        1
            + VarInt.size(sequence)
            + VarInt.size(retirePriorTo)
            + 1
            + connectionId.length
            + statelessResetToken.length;
    if (size > remaining()) {
      return false;
    }
    buffer[position++] = (byte) FrameType.NEW_CONNECTION_ID.code();
    put(sequence);
    put(retirePriorTo);
    buffer[position++] = (byte) connectionId.length;
    put(connectionId, connectionId.length);
    put(statelessResetToken, statelessResetToken.length);
    return true;
  }

  public boolean newToken(byte[] token) {
    if (1 + VarInt.size(token.length) + token.length > remaining()) {
      return false;
    }
    buffer[position++] = (byte) FrameType.NEW_TOKEN.code();
    put(token.length);
    put(token, token.length);
    return true;
  }

  public boolean pathChallenge(long data) {
    return eightBytes(FrameType.PATH_CHALLENGE, data);
  }

  public boolean pathResponse(long data) {
    return eightBytes(FrameType.PATH_RESPONSE, data);
  }

  /** CONNECTION_CLOSE of either kind; a long reason is cut. */
  public boolean connectionClose(
      boolean application, long errorCode, long frameType, String reason) {
    byte[] text = reason.getBytes(UTF_8);
    int fixed = 1 + VarInt.size(errorCode) + (application ? 0 : VarInt.size(frameType)) + 2;
    int length = Math.min(Math.min(text.length, MAX_REASON_BYTES), remaining() - fixed);
    if (length < 0) {
      return false;
    }
    while (length < text.length && (text[length] & 0xc0) == 0x80) {
      length--; // not through the middle of a character: RFC 9000 §19.19 asks for UTF-8
    }
    FrameType type = application ? FrameType.APPLICATION_CLOSE : FrameType.CONNECTION_CLOSE;
    buffer[position++] = (byte) type.code();
    put(errorCode);
    if (!application) {
      put(frameType);
    }
    put(length);
    put(text, length);
    return true;
  }

  /** QX_PING, or the response to one (QMux §4.3). */
  public boolean qxPing(boolean response, long sequence) {
    return fields(response ? FrameType.QX_PING_RESPONSE : FrameType.QX_PING, sequence);
  }

  /** QX_TRANSPORT_PARAMETERS (QMux §4.2). */
  public boolean qxTransportParameters(byte[] encoded) {
    if (2 * Long.BYTES + encoded.length > remaining()) {
      return false;
    }
    put(FrameType.QX_TRANSPORT_PARAMETERS.code());
    put(encoded.length);
    put(encoded, encoded.length);
    return true;
  }

  /** IMMEDIATE_ACK (draft-ietf-quic-ack-frequency §5). */
  public boolean immediateAck() {
    return single(FrameType.IMMEDIATE_ACK);
  }

  /** ACK_FREQUENCY (draft-ietf-quic-ack-frequency §4). */
  public boolean ackFrequency(
      long sequence, long threshold, long maxAckDelayMicros, long reorderingThreshold) {
    int size =
        VarInt.size(FrameType.ACK_FREQUENCY.code())
            + VarInt.size(sequence)
            + VarInt.size(threshold)
            + VarInt.size(maxAckDelayMicros)
            + VarInt.size(reorderingThreshold);
    if (size > remaining()) {
      return false;
    }
    put(FrameType.ACK_FREQUENCY.code());
    put(sequence);
    put(threshold);
    put(maxAckDelayMicros);
    put(reorderingThreshold);
    return true;
  }

  private boolean single(FrameType type) {
    if (remaining() < 1) {
      return false;
    }
    buffer[position++] = (byte) type.code();
    return true;
  }

  private boolean fields(FrameType type, long a) {
    if (VarInt.size(type.code()) + VarInt.size(a) > remaining()) {
      return false;
    }
    put(type.code());
    put(a);
    return true;
  }

  private boolean fields(FrameType type, long a, long b) {
    if (1 + VarInt.size(a) + VarInt.size(b) > remaining()) {
      return false;
    }
    fields(type, a);
    put(b);
    return true;
  }

  private boolean fields(FrameType type, long a, long b, long c) {
    if (1 + VarInt.size(a) + VarInt.size(b) + VarInt.size(c) > remaining()) {
      return false;
    }
    fields(type, a, b);
    put(c);
    return true;
  }

  private boolean eightBytes(FrameType type, long data) {
    if (remaining() < 1 + Long.BYTES) {
      return false;
    }
    buffer[position++] = (byte) type.code();
    VarInt.LONG.set(buffer, position, data);
    position += Long.BYTES;
    return true;
  }

  private void put(long value) {
    position = VarInt.write(buffer, position, value);
  }

  private void put(byte[] bytes, int length) {
    System.arraycopy(bytes, 0, buffer, position, length);
    position += length;
  }
}
