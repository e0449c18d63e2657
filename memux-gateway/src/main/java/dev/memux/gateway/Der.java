package dev.memux.gateway;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Writes the few ASN.1 types of a certificate in DER (X.690 §8, §10). */
final class Der {
  private static final int BOOLEAN = 0x01;
  private static final int INTEGER = 0x02;
  private static final int BIT_STRING = 0x03;
  private static final int OCTET_STRING = 0x04;
  private static final int OBJECT_IDENTIFIER = 0x06;
  private static final int UTF8_STRING = 0x0c;
  private static final int UTC_TIME = 0x17;
  private static final int GENERALIZED_TIME = 0x18;
  private static final int SEQUENCE = 0x30;
  private static final int SET = 0x31;
  private static final int FIRST_GENERALIZED_YEAR = 2050;

  private Der() {}

  static byte[] sequence(byte[]... members) {
    return tagged(SEQUENCE, members);
  }

  static byte[] set(byte[]... members) {
    return tagged(SET, members);
  }

  static byte[] integer(BigInteger value) {
    return tagged(INTEGER, value.toByteArray());
  }

  static byte[] trueValue() {
    return tagged(BOOLEAN, new byte[] {(byte) 0xff});
  }

  static byte[] utf8(String text) {
    return tagged(UTF8_STRING, text.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] octets(byte[] content) {
    return tagged(OCTET_STRING, content);
  }

  /** A bit string whose last {@code unusedBits} bits do not count. */
  static byte[] bits(int unusedBits, byte[] content) {
    return tagged(BIT_STRING, new byte[] {(byte) unusedBits}, content);
  }

  /** A context-specific tag around what is constructed inside. */
  static byte[] explicit(int number, byte[] content) {
    return tagged(0xa0 | number, content);
  }

  /** A context-specific tag in place of a primitive's own. */
  static byte[] implicit(int number, byte[] content) {
    return tagged(0x80 | number, content);
  }

  // RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050.
  static byte[] time(Instant instant) {
    var utc = instant.atOffset(ZoneOffset.UTC);
    boolean general = utc.getYear() >= FIRST_GENERALIZED_YEAR;
    String pattern = general ? "yyyyMMddHHmmss'Z'" : "yyMMddHHmmss'Z'";
    byte[] text =
        DateTimeFormatter.ofPattern(pattern).format(utc).getBytes(StandardCharsets.US_ASCII);
    return tagged(general ? GENERALIZED_TIME : UTC_TIME, text);
  }

  static byte[] oid(int... arcs) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    content.write(arcs[0] * 40 + arcs[1]);
    for (int i = 2; i < arcs.length; i++) {
      for (int shift = 28; shift > 0; shift -= 7) {
        if (arcs[i] >>> shift != 0) {
          content.write(0x80 | ((arcs[i] >>> shift) & 0x7f));
        }
      }
      content.write(arcs[i] & 0x7f);
    }
    return tagged(OBJECT_IDENTIFIER, content.toByteArray());
  }

  private static byte[] tagged(int tag, byte[]... contents) {
    int length = 0;
    for (byte[] content : contents) {
      length += content.length;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(length + 4);
    out.write(tag);
    if (length >= 0x100) {
      out.write(0x82);
      out.write(length >> 8);
    } else if (length >= 0x80) {
      out.write(0x81);
    }
    out.write(length);
    for (byte[] content : contents) {
      out.writeBytes(content);
    }
    return out.toByteArray();
  }
}
