package dev.memux.gateway;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** How far an address reaches (RFC 6890): what a name leads to is trusted accordingly. */
enum AddressScope {
  /** This machine, this link, several machines or none. */
  LOCAL,
  /** The networks of one organisation. */
  PRIVATE,
  /** Everybody's. */
  GLOBAL;

  private static final List<AddressRange> LOCAL_RANGES =
      ranges(
          "0.0.0.0/8", // RFC 1122 §3.2.1.3; Linux takes 0.0.0.0 for this machine
          "127.0.0.0/8",
          "169.254.0.0/16", // RFC 3927, where clouds have their metadata service
          "224.0.0.0/4",
          "240.0.0.0/4",
          "::/127", // unspecified and loopback
          "fe80::/10",
          "ff00::/8");
  private static final List<AddressRange> PRIVATE_RANGES =
      ranges(
          "10.0.0.0/8",
          "100.64.0.0/10", // RFC 6598
          "172.16.0.0/12",
          "192.168.0.0/16",
          "fc00::/7",
          "fec0::/10");

  /** IPv6 addresses that a router or the kernel turns into the IPv4 address inside. */
  private enum Embedding {
    COMPATIBLE("::/96", 12), // RFC 4291 §2.5.5.1
    NAT64("64:ff9b::/96", 12), // RFC 6052
    SIX_TO_FOUR("2002::/16", 2); // RFC 3056

    private final AddressRange range;
    private final int offset;

    Embedding(String range, int offset) {
      this.range = AddressRange.parse(range);
      this.offset = offset;
    }
  }

  static AddressScope of(InetAddress address) {
    if (contains(LOCAL_RANGES, address)) {
      return LOCAL;
    }
    if (contains(PRIVATE_RANGES, address)) {
      return PRIVATE;
    }
    for (Embedding embedding : Embedding.values()) {
      if (embedding.range.contains(address)) {
        return of(embedded(address, embedding.offset));
      }
    }
    return GLOBAL;
  }

  private static InetAddress embedded(InetAddress address, int offset) {
    try {
      return InetAddress.getByAddress(Arrays.copyOfRange(address.getAddress(), offset, offset + 4));
    } catch (UnknownHostException e) {
      throw new AssertionError("four bytes are an address", e);
    }
  }

  private static boolean contains(List<AddressRange> ranges, InetAddress address) {
    return ranges.stream().anyMatch(range -> range.contains(address));
  }

  private static List<AddressRange> ranges(String... texts) {
    return Stream.of(texts).map(AddressRange::parse).toList();
  }
}
