package dev.memux.cli.http09;

/**
 * Requests of one line and answers without a head, each on a bidirectional stream of its own: "GET
 * /name", and the file up to the stream's end. No specification describes it; those who test QUIC
 * together have agreed on it, so that a test needs nothing but streams.
 */
public final class Http09 {
  /** The application protocol's name in the TLS handshake. */
  public static final String ALPN = "hq-interop";

  /** A longer request is none: names are of 255 bytes at most. */
  static final int MAX_REQUEST_BYTES = 4096;

  /** For streams whose request is none, or of a file that there is not. */
  static final int BAD_REQUEST = 1;

  /** Bytes of a file that are read, or credit for them taken, at a time. */
  static final int CHUNK_BYTES = 64 << 10;

  static final String METHOD = "GET ";

  private Http09() {}
}
