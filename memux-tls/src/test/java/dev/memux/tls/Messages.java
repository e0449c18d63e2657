package dev.memux.tls;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Takes flights apart, and builds what no honest peer would send. */
final class Messages {
  private Messages() {}

  /** The messages of a flight, each with its header. */
  static List<byte[]> split(byte[] flight) {
    List<byte[]> messages = new ArrayList<>();
    for (int at = 0; at < flight.length; ) {
      int body =
          (flight[at + 1] & 0xff) << 16 | (flight[at + 2] & 0xff) << 8 | (flight[at + 3] & 0xff);
      messages.add(Arrays.copyOfRange(flight, at, at + 4 + body));
      at += 4 + body;
    }
    return messages;
  }

  static byte[] find(byte[] flight, HandshakeType type) {
    return split(flight).stream()
        .filter(m -> m[0] == type.code())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + type));
  }

  static byte[] join(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    byte[] all = new byte[length];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  static byte[] message(int type, byte[] body) {
    return join(
        new byte[] {
          (byte) type, (byte) (body.length >> 16), (byte) (body.length >> 8), (byte) body.length
        },
        body);
  }

  static byte[] u16(int... values) {
    byte[] out = new byte[2 * values.length];
    for (int i = 0; i < values.length; i++) {
      out[2 * i] = (byte) (values[i] >> 8);
      out[2 * i + 1] = (byte) values[i];
    }
    return out;
  }

  static byte[] u32(long value) {
    return u16((int) (value >> 16) & 0xffff, (int) value & 0xffff);
  }

  static byte[] vector8(byte[]... parts) {
    byte[] all = join(parts);
    return join(new byte[] {(byte) all.length}, all);
  }

  static byte[] vector16(byte[]... parts) {
    byte[] all = join(parts);
    return join(u16(all.length), all);
  }

  static byte[] vector24(byte[]... parts) {
    byte[] all = join(parts);
    return join(new byte[] {(byte) (all.length >> 16)}, u16(all.length), all);
  }

  static byte[] extension(int type, byte[]... parts) {
    return join(u16(type), vector16(parts));
  }

  static byte[] hex(String hex) {
    return java.util.HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
  }
}
