package dev.memux.engine.wire;

/**
 * Receives the frames of a packet in their order. Buffers and the {@link AckFrame} are valid only
 * during the call. PADDING and PING need no call: {@link FrameReader#read} tells whether a packet
 * asks for an acknowledgement.
 */
public interface FrameSink {
  /** STREAM (RFC 9000 §19.8). {@code offset + length} is at most {@link VarInt#MAX}. */
  void onStream(long streamId, long offset, byte[] data, int from, int length, boolean fin)
      throws ProtocolException;

  /**
   * DATAGRAM (RFC 9221 §4).
   *
   * @param frameBytes size of the whole frame, which is what max_datagram_frame_size limits
   */
  void onDatagram(byte[] data, int from, int length, int frameBytes) throws ProtocolException;

  /** CRYPTO (RFC 9000 §19.6). */
  void onCrypto(long offset, byte[] data, int from, int length) throws ProtocolException;

  /** ACK (RFC 9000 §19.3). */
  void onAck(AckFrame ack) throws ProtocolException;

  /** Every other frame. */
  void onControl(ControlFrame frame) throws ProtocolException;
}
