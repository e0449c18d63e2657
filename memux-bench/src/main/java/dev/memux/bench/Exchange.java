package dev.memux.bench;

import dev.memux.cli.PerfProtocol;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * What all clients ask and all servers answer: a request of {@link #REQUEST_BYTES}, whose first
 * eight say how many bytes of {@link PerfProtocol}'s pattern the response has. QUIC has a stream
 * for each exchange, over TCP they follow each other.
 */
final class Exchange {
  static final int REQUEST_BYTES = 64;

  /** Of a response in workloads of small exchanges. */
  static final int RESPONSE_BYTES = 1024;

  /** More than anybody asks for. */
  private static final long MAX_RESPONSE_BYTES = 1L << 50;

  private Exchange() {}

  static byte[] request(long responseBytes) {
    return ByteBuffer.allocate(REQUEST_BYTES).putLong(responseBytes).array();
  }

  static long responseBytes(ByteBuffer request) throws IOException {
    long bytes = request.getLong();
    if (bytes < 0 || bytes > MAX_RESPONSE_BYTES) {
      throw new IOException("a response of " + bytes + " bytes");
    }
    return bytes;
  }

  /**
   * Takes one request and answers it.
   *
   * @return false: there was no further request
   */
  static boolean serve(InputStream in, OutputStream out) throws IOException {
    byte[] request = in.readNBytes(REQUEST_BYTES);
    if (request.length == 0) {
      return false;
    }
    if (request.length < REQUEST_BYTES) {
      throw new EOFException("the request ended after " + request.length + " bytes");
    }
    PerfProtocol.writeData(out, responseBytes(ByteBuffer.wrap(request)));
    return true;
  }

  /** Reads a response, and no further. */
  static void readResponse(InputStream in, long bytes) throws IOException {
    byte[] piece = new byte[Math.clamp(bytes, 1, PerfProtocol.PIECE_BYTES)];
    for (long at = 0; at < bytes; ) {
      int n = in.read(piece, 0, (int) Math.min(piece.length, bytes - at));
      if (n < 0) {
        throw new EOFException("the response ended after " + at + " of " + bytes + " bytes");
      }
      check(piece, n, at);
      at += n;
    }
  }

  /** That {@code length} bytes of {@code piece} are what a response has after {@code at}. */
  static void check(byte[] piece, int length, long at) throws IOException {
    if (!PerfProtocol.isData(piece, length, at)) {
      throw new IOException("what arrived after byte " + at + " is not what was sent");
    }
  }
}
