package dev.memux.netty;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;

/**
 * An address as Linux writes it ({@code sockaddr_in}, {@code sockaddr_in6}), and the one of our own
 * addresses that its owner has written to, where a socket has several: answers leave from there.
 * The engine keeps the address that a path began with, so that all that is sent on the path has
 * both without a look-up. Our own address takes no part in {@link #equals}: this is the same
 * address as any {@link InetSocketAddress} with that host and port.
 */
final class PeerAddress extends InetSocketAddress {
  private static final long serialVersionUID = 1;

  /** Of linux/socket.h. */
  static final int AF_INET = 2;

  static final int AF_INET6 = 10;

  /** Of {@code sockaddr_in6}, the larger one. */
  static final int MAX_BYTES = 28;

  private static final int INET_BYTES = 16;
  private static final int HOST_OFFSET = 8;
  private static final int SCOPE_OFFSET = 24;

  private static final ValueLayout.OfShort PORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** Family, port, and the IPv4 address or the flow label. */
  private final long head;

  /** The IPv6 address. */
  private final long high;

  private final long low;
  private final int scope;

  /** Our address as packet info has it, IPv4 in the lower half of {@code localHigh}; 0: any. */
  private final long localHigh;

  private final long localLow;

  /** The interface, where our address means nothing without. */
  private final int localInterface;

  /** The way there takes no segmented writes. */
  private transient boolean refusesSegments;

  private PeerAddress(
      InetAddress host,
      int port,
      long head,
      long high,
      long low,
      int scope,
      long localHigh,
      long localLow,
      int localInterface) {
    super(host, port);
    this.head = head;
    this.high = high;
    this.low = low;
    this.scope = scope;
    this.localHigh = localHigh;
    this.localLow = localLow;
    this.localInterface = localInterface;
  }

  /** As sockets of {@code family} write {@code address}. */
  static PeerAddress of(InetSocketAddress address, int family) {
    if (address instanceof PeerAddress known) {
      return known;
    }
    byte[] raw = new byte[MAX_BYTES];
    MemorySegment sockaddr = MemorySegment.ofArray(raw);
    byte[] host = address.getAddress().getAddress();
    sockaddr.set(ValueLayout.JAVA_SHORT_UNALIGNED, 0, (short) family);
    sockaddr.set(PORT, 2, (short) address.getPort());
    if (family == AF_INET) {
      System.arraycopy(host, 0, raw, 4, host.length);
    } else if (host.length == 4) {
      sockaddr.set(ValueLayout.JAVA_SHORT_UNALIGNED, HOST_OFFSET + 10, (short) -1); // ::ffff:0:0
      System.arraycopy(host, 0, raw, HOST_OFFSET + 12, host.length);
    } else {
      System.arraycopy(host, 0, raw, HOST_OFFSET, host.length);
      sockaddr.set(
          JAVA_INT_UNALIGNED, SCOPE_OFFSET, ((Inet6Address) address.getAddress()).getScopeId());
    }
    boolean six = family == AF_INET6;
    return new PeerAddress(
        address.getAddress(),
        address.getPort(),
        sockaddr.get(JAVA_LONG_UNALIGNED, 0),
        six ? sockaddr.get(JAVA_LONG_UNALIGNED, HOST_OFFSET) : 0,
        six ? sockaddr.get(JAVA_LONG_UNALIGNED, HOST_OFFSET + 8) : 0,
        six ? sockaddr.get(JAVA_INT_UNALIGNED, SCOPE_OFFSET) : 0,
        0,
        0,
        0);
  }

  /** Reads what the kernel has written at {@code offset}; {@code info}: what came beside it. */
  static PeerAddress read(MemorySegment memory, long offset, ControlMessages info) {
    boolean six = isInet6(memory, offset);
    byte[] host = new byte[six ? 16 : 4];
    MemorySegment.copy(memory, JAVA_BYTE, offset + (six ? HOST_OFFSET : 4), host, 0, host.length);
    int scope = six ? memory.get(JAVA_INT_UNALIGNED, offset + SCOPE_OFFSET) : 0;
    try {
      return new PeerAddress(
          scope == 0
              ? InetAddress.getByAddress(host) // IPv4 where it is mapped
              : Inet6Address.getByAddress(null, host, scope),
          memory.get(PORT, offset + 2) & 0xffff,
          memory.get(JAVA_LONG_UNALIGNED, offset),
          six ? memory.get(JAVA_LONG_UNALIGNED, offset + HOST_OFFSET) : 0,
          six ? memory.get(JAVA_LONG_UNALIGNED, offset + HOST_OFFSET + 8) : 0,
          scope,
          info.localHigh(),
          info.localLow(),
          info.localInterface());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of neither 4 nor 16 bytes", e);
    }
  }

  private static boolean isInet6(MemorySegment memory, long offset) {
    return memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset) == AF_INET6;
  }

  /** A hash of what {@link #matches} compares. */
  static int hash(MemorySegment memory, long offset, ControlMessages info) {
    long hash = memory.get(JAVA_LONG_UNALIGNED, offset) ^ info.localHigh();
    if (isInet6(memory, offset)) {
      hash = 31 * hash + memory.get(JAVA_LONG_UNALIGNED, offset + HOST_OFFSET);
      hash = 31 * hash + memory.get(JAVA_LONG_UNALIGNED, offset + HOST_OFFSET + 8);
    }
    hash = (hash ^ Long.rotateLeft(info.localLow(), 17)) * 0x9e3779b97f4a7c15L;
    return (int) (hash >>> 32);
  }

  /** Whether {@link #read} would give the same. */
  boolean matches(MemorySegment memory, long offset, ControlMessages info) {
    return head == memory.get(JAVA_LONG_UNALIGNED, offset)
        && localHigh == info.localHigh()
        && localLow == info.localLow()
        && localInterface == info.localInterface()
        && (!isInet6(memory, offset)
            || (high == memory.get(JAVA_LONG_UNALIGNED, offset + HOST_OFFSET)
                && low == memory.get(JAVA_LONG_UNALIGNED, offset + HOST_OFFSET + 8)
                && scope == memory.get(JAVA_INT_UNALIGNED, offset + SCOPE_OFFSET)));
  }

  /** Whether it is the same address, and so is ours. */
  boolean isSame(PeerAddress other) {
    return head == other.head
        && high == other.high
        && low == other.low
        && scope == other.scope
        && localHigh == other.localHigh
        && localLow == other.localLow
        && localInterface == other.localInterface;
  }

  /** Writes the address at {@code offset} and returns how many bytes it takes. */
  int write(MemorySegment memory, long offset) {
    memory.set(JAVA_LONG_UNALIGNED, offset, head);
    memory.set(JAVA_LONG_UNALIGNED, offset + HOST_OFFSET, high);
    if ((short) head == AF_INET) {
      return INET_BYTES;
    }
    memory.set(JAVA_LONG_UNALIGNED, offset + HOST_OFFSET + 8, low);
    memory.set(JAVA_INT_UNALIGNED, offset + SCOPE_OFFSET, scope);
    return MAX_BYTES;
  }

  boolean isInet6() {
    return (short) head == AF_INET6;
  }

  /** Whether packets there bear an IPv6 header. */
  boolean speaksInet6() {
    return getAddress() instanceof Inet6Address;
  }

  boolean hasLocal() {
    return (localHigh | localLow) != 0;
  }

  long localHigh() {
    return localHigh;
  }

  long localLow() {
    return localLow;
  }

  int localInterface() {
    return localInterface;
  }

  /** From now on {@link #refusesSegments}. On the event loop. */
  void refuseSegments() {
    refusesSegments = true;
  }

  /** Whether packets there must leave one by one. On the event loop. */
  boolean refusesSegments() {
    return refusesSegments;
  }
}
