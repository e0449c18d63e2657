package dev.memux.gateway;

import java.net.InetAddress;
import java.util.Arrays;

/** All addresses that begin with the same bits, as 10.0.0.0/8 (RFC 4632 §3.1). */
record AddressRange(InetAddress first, int prefixBits) {
  /**
   * Reads an address, or an address and the length of a prefix after a slash.
   *
   * @throws IllegalArgumentException with a message for people
   */
  static AddressRange parse(String text) {
    int slash = text.indexOf('/');
    String literal = slash < 0 ? text : text.substring(0, slash);
    InetAddress address = InetAddress.ofLiteral(literal);
    int bits = address.getAddress().length * Byte.SIZE;
    if (slash < 0) {
      return new AddressRange(address, bits);
    }
    int prefix;
    try {
      prefix = Integer.parseInt(text.substring(slash + 1));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("the prefix length is not a number", e);
    }
    // A mapped IPv4 address, ::ffff:10.0.0.0, has become one of 32 bits.
    if (prefix < 0 || prefix > bits) {
      throw new IllegalArgumentException("the prefix has 0 to " + bits + " bits");
    }
    AddressRange range = new AddressRange(address, prefix);
    if (!Arrays.equals(range.masked(address.getAddress()), address.getAddress())) {
      throw new IllegalArgumentException("there are bits beyond the prefix");
    }
    return range;
  }

  boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    byte[] begin = first.getAddress();
    return bytes.length == begin.length && Arrays.equals(masked(bytes), begin);
  }

  private byte[] masked(byte[] address) {
    byte[] kept = address.clone();
    for (int bit = prefixBits; bit < kept.length * Byte.SIZE; bit++) {
      kept[bit / Byte.SIZE] &= (byte) ~(0x80 >> (bit % Byte.SIZE));
    }
    return kept;
  }
}
