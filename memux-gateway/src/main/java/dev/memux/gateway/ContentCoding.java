package dev.memux.gateway;

import java.util.List;

/** How a file's content is written down (RFC 9110 §8.4.1, RFC 7932, RFC 8878). */
enum ContentCoding {
  /** As it is. */
  IDENTITY("identity", ""),
  BROTLI("br", ".br"),
  ZSTANDARD("zstd", ".zst"),
  GZIP("gzip", ".gz");

  /** All but the identity. */
  static final List<ContentCoding> CODED = List.of(BROTLI, ZSTANDARD, GZIP);

  private final String token;
  private final String suffix;

  ContentCoding(String token, String suffix) {
    this.token = token;
    this.suffix = suffix;
  }

  /** Its name in fields. */
  String token() {
    return token;
  }

  /** What the name of a file that holds another one so coded has behind the other's. */
  String suffix() {
    return suffix;
  }
}
