package dev.memux.engine.quic;

import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.stream.Reassembly;
import dev.memux.engine.stream.SendBuffer;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;

/** The handshake bytes of one encryption level, both ways (RFC 9000 §19.6). */
final class CryptoStream {
  /**
   * Bytes that may lie ahead of what TLS has read. RFC 9000 §7.5 asks for 4096 at least; a client's
   * large certificate chain must fit. CRYPTO has no flow control, so this bounds what a peer that
   * we do not know yet can make us hold.
   */
  static final int MAX_BUFFERED_BYTES = 64 * 1024;

  /** The same for Initial packets: hellos are short, and anyone can send them from anywhere. */
  static final int MAX_INITIAL_BUFFERED_BYTES = 16 * 1024;

  private final ChunkPool pool;
  private final int maxBufferedBytes;
  private final SendBuffer out;
  private final Reassembly in;

  CryptoStream(ChunkPool pool, int maxBufferedBytes) {
    this.pool = pool;
    this.maxBufferedBytes = maxBufferedBytes;
    out = new SendBuffer(pool);
    in = new Reassembly(pool);
  }

  /** One that nothing has been written to, to take the place of this one, whose memory goes. */
  CryptoStream restarted() {
    release();
    return new CryptoStream(pool, maxBufferedBytes);
  }

  void write(byte[] bytes) {
    out.write(bytes);
  }

  /** Takes a CRYPTO frame in. */
  void receive(long offset, byte[] data, int from, int length) throws ProtocolException {
    if (offset + length - in.readTo() > maxBufferedBytes
        || in.insert(offset, data, from, length) != Reassembly.Insertion.TAKEN) {
      throw new ProtocolException(
          TransportError.CRYPTO_BUFFER_EXCEEDED,
          FrameType.CRYPTO.code(),
          "handshake data too far ahead");
    }
  }

  /** Whether there is anything that TLS has not read. */
  boolean isReadable() {
    return in.readableBytes() > 0;
  }

  /** What TLS can read now; empty if nothing. */
  byte[] read() {
    return in.read();
  }

  boolean hasPending() {
    return out.hasLost() || out.sentTo() < out.writtenTo();
  }

  /** Writes CRYPTO frames, lost data first, as long as they fit. */
  void fill(FrameWriter writer, SentFrames sent) {
    while (hasPending()) {
      boolean again = out.hasLost();
      long from = again ? out.lostFrom() : out.sentTo();
      long to = again ? out.lostTo() : out.writtenTo();
      int length = writer.crypto(from, (int) (to - from));
      if (length < 0) {
        return;
      }
      out.send(from, writer.buffer(), writer.position(), length);
      writer.advance(length);
      sent.add(SentFrames.Kind.CRYPTO, from, length, 0);
    }
  }

  void onAcked(long offset, int length) {
    out.onAcked(offset, length);
  }

  void onLost(long offset, int length) {
    out.onLost(offset, length);
  }

  void release() {
    out.release();
    in.release();
  }
}
