package dev.memux.gateway;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Several parts of a content in one body (RFC 9110 §14.6, RFC 2046 §5.1). */
final class MultipartRanges {
  private static final int BOUNDARY_BYTES = 16;

  private MultipartRanges() {}

  /** RFC 2046 §5.1.1: must not occur in the content; nobody can have put there what is random. */
  static String newBoundary() {
    byte[] random = new byte[BOUNDARY_BYTES];
    ThreadLocalRandom.current().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  static String contentType(String boundary) {
    return "multipart/byteranges; boundary=" + boundary;
  }

  /**
   * The body.
   *
   * @param contentType of the content that the ranges are of
   */
  static List<BodyPart> body(
      List<ByteRange> ranges, String contentType, long contentBytes, String boundary) {
    List<BodyPart> body = new ArrayList<>();
    String before = "";
    for (ByteRange range : ranges) {
      body.add(
          new BodyPart.Text(
              before
                  + "--"
                  + boundary
                  + "\r\ncontent-type: "
                  + contentType
                  + "\r\ncontent-range: "
                  + range.of(contentBytes)
                  + "\r\n\r\n"));
      body.add(new BodyPart.FromFile(range));
      before = "\r\n";
    }
    body.add(new BodyPart.Text("\r\n--" + boundary + "--\r\n"));
    return body;
  }
}
