package dev.memux.netty;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * What Linux says and is told beside a message ({@code cmsghdr}): how long joined datagrams are,
 * the ECN codepoint, and the address of ours. An object has what was {@linkplain #read read} last.
 */
final class ControlMessages {
  /** Of linux/in.h, linux/in6.h and linux/udp.h. */
  static final int SOL_IP = 0;

  static final int SOL_IPV6 = 41;
  static final int SOL_UDP = 17;
  static final int IP_TOS = 1;
  static final int IP_PKTINFO = 8;
  static final int IPV6_PKTINFO = 50;
  static final int IPV6_TCLASS = 67;
  static final int UDP_SEGMENT = 103;
  static final int UDP_GRO = 104;

  /** For all that may be read, with room to spare. */
  static final int READ_BYTES = 256;

  /** For all that is written: segment size, traffic class, source address. */
  static final int WRITE_BYTES = 96;

  /** {@code cmsghdr}: length, level, type. */
  private static final int HEADER_BYTES = 16;

  private static final int ECN_BITS = 3;

  /** fe80::/10, whose addresses are of an interface each. */
  private static final int LINK_LOCAL = 0xfe80;

  private static final int LINK_LOCAL_MASK = 0xffc0;

  private int segmentBytes;
  private int ecn;
  private long localHigh;
  private long localLow;
  private int localInterface;

  /** Bytes of each datagram but the last, where several were joined; 0: they were not. */
  int segmentBytes() {
    return segmentBytes;
  }

  /** The ECN codepoint of the IP header; 0 where the kernel did not tell. */
  int ecn() {
    return ecn;
  }

  /** The address the datagram went to, IPv4 in the lower half; 0: the kernel did not tell. */
  long localHigh() {
    return localHigh;
  }

  long localLow() {
    return localLow;
  }

  /** The interface of a link-local address. */
  int localInterface() {
    return localInterface;
  }

  /** Nothing was said. */
  void clear() {
    segmentBytes = 0;
    ecn = 0;
    localHigh = 0;
    localLow = 0;
    localInterface = 0;
  }

  void read(MemorySegment memory, long from, long bytes) {
    clear();
    long end = from + bytes;
    for (long at = from; at + HEADER_BYTES <= end; ) {
      long length = memory.get(JAVA_LONG_UNALIGNED, at);
      if (length < HEADER_BYTES || at + length > end) {
        return;
      }
      int level = memory.get(JAVA_INT_UNALIGNED, at + 8);
      int type = memory.get(JAVA_INT_UNALIGNED, at + 12);
      readOne(memory, at + HEADER_BYTES, level, type);
      at += aligned(length);
    }
  }

  private void readOne(MemorySegment memory, long data, int level, int type) {
    if (level == SOL_UDP && type == UDP_GRO) {
      segmentBytes = memory.get(JAVA_INT_UNALIGNED, data);
    } else if (level == SOL_IP && type == IP_TOS) {
      ecn = memory.get(JAVA_BYTE, data) & ECN_BITS;
    } else if (level == SOL_IPV6 && type == IPV6_TCLASS) {
      ecn = memory.get(JAVA_INT_UNALIGNED, data) & ECN_BITS;
    } else if (level == SOL_IP && type == IP_PKTINFO) {
      // interface, our address there, the header's destination
      localHigh = Integer.toUnsignedLong(memory.get(JAVA_INT_UNALIGNED, data + 4));
    } else if (level == SOL_IPV6 && type == IPV6_PKTINFO) {
      localHigh = memory.get(JAVA_LONG_UNALIGNED, data);
      localLow = memory.get(JAVA_LONG_UNALIGNED, data + 8);
      int prefix = Short.toUnsignedInt(Short.reverseBytes((short) localHigh));
      boolean linkLocal = (prefix & LINK_LOCAL_MASK) == LINK_LOCAL;
      localInterface = linkLocal ? memory.get(JAVA_INT_UNALIGNED, data + 16) : 0;
    }
  }

  /**
   * Writes what is to be said of a message.
   *
   * @param segmentBytes 0: one datagram
   * @param to whose answers leave from {@link PeerAddress#hasLocal its local address}
   * @return bytes written at {@code from}
   */
  static int write(MemorySegment memory, long from, int segmentBytes, int ecn, PeerAddress to) {
    long at = from;
    if (segmentBytes > 0) {
      at = header(memory, at, SOL_UDP, UDP_SEGMENT, Short.BYTES);
      memory.set(JAVA_SHORT_UNALIGNED, at, (short) segmentBytes);
      at += Long.BYTES;
    }
    if (ecn > 0) {
      boolean six = to.speaksInet6();
      at = header(memory, at, six ? SOL_IPV6 : SOL_IP, six ? IPV6_TCLASS : IP_TOS, Integer.BYTES);
      memory.set(JAVA_LONG_UNALIGNED, at, ecn);
      at += Long.BYTES;
    }
    if (to.hasLocal()) {
      at = to.isInet6() ? packetInfo6(memory, at, to) : packetInfo(memory, at, to);
    }
    return (int) (at - from);
  }

  private static long packetInfo(MemorySegment memory, long from, PeerAddress to) {
    long at = header(memory, from, SOL_IP, IP_PKTINFO, 12);
    memory.set(JAVA_INT_UNALIGNED, at, 0); // whatever interface leads there
    memory.set(JAVA_INT_UNALIGNED, at + 4, (int) to.localHigh());
    memory.set(JAVA_LONG_UNALIGNED, at + 8, 0);
    return at + 16;
  }

  private static long packetInfo6(MemorySegment memory, long from, PeerAddress to) {
    long at = header(memory, from, SOL_IPV6, IPV6_PKTINFO, 20);
    memory.set(JAVA_LONG_UNALIGNED, at, to.localHigh());
    memory.set(JAVA_LONG_UNALIGNED, at + 8, to.localLow());
    memory.set(JAVA_LONG_UNALIGNED, at + 16, to.localInterface());
    return at + 24;
  }

  private static long header(MemorySegment memory, long at, int level, int type, int dataBytes) {
    memory.set(JAVA_LONG_UNALIGNED, at, HEADER_BYTES + dataBytes);
    memory.set(JAVA_INT_UNALIGNED, at + 8, level);
    memory.set(JAVA_INT_UNALIGNED, at + 12, type);
    return at + HEADER_BYTES;
  }

  private static long aligned(long length) {
    return length + 7 & -8L;
  }
}
