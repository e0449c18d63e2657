package dev.memux.gateway;

/**
 * A part of a content (RFC 9110 §14.1.2).
 *
 * @param last the position of its last byte, not one beyond
 */
record ByteRange(long first, long last) {
  /** All of a content that is not empty. */
  static ByteRange whole(long sizeBytes) {
    return new ByteRange(0, sizeBytes - 1);
  }

  long sizeBytes() {
    return last - first + 1;
  }

  /** The value of Content-Range (RFC 9110 §14.4). */
  String of(long contentBytes) {
    return "bytes " + first + '-' + last + '/' + contentBytes;
  }

  /** Whether between the two, in either order, lie at most so many bytes; none if they overlap. */
  boolean isWithin(long gapBytes, ByteRange other) {
    return first - gapBytes - 1 <= other.last && other.first - gapBytes - 1 <= last;
  }

  /** What reaches from the beginning of the one to the end of the other. */
  ByteRange joinedWith(ByteRange other) {
    return new ByteRange(Math.min(first, other.first), Math.max(last, other.last));
  }
}
