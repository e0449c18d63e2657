package dev.memux.engine.quic;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams for one address, one behind the other: all of {@link #segmentBytes}, the last one
 * perhaps shorter, so that one system call can send them (UDP_SEGMENT). Made once, filled again and
 * again.
 */
public final class SendBatch {
  /** The most that one segmented send takes: a UDP payload over IPv4. */
  public static final int CAPACITY_BYTES = 65_507;

  /** Linux takes 64 segments a call, 128 only since 6.9. */
  public static final int MAX_SEGMENTS = 64;

  private final byte[] buffer = new byte[CAPACITY_BYTES];
  private @Nullable InetSocketAddress remote;
  private int length;
  private int segmentBytes;
  private int count;
  private int ecn;
  private int socket;

  /** The datagrams, from index 0. */
  public byte[] buffer() {
    return buffer;
  }

  /** Bytes of all datagrams together. */
  public int length() {
    return length;
  }

  /** Bytes of each datagram but the last. */
  public int segmentBytes() {
    return segmentBytes;
  }

  /** Number of datagrams. */
  public int count() {
    return count;
  }

  /** The ECN codepoint that all of them are to bear (RFC 3168 §5). */
  public int ecn() {
    return ecn;
  }

  /** Where they go. */
  public InetSocketAddress remote() {
    if (remote == null) {
      throw new IllegalStateException("empty batch");
    }
    return remote;
  }

  /**
   * Which socket they leave from: 0, the one that a connection began with, or what {@link
   * ActiveMigration} or {@link QuicEndpoint#receive} was told.
   */
  public int socket() {
    return socket;
  }

  public void clear() {
    remote = null;
    socket = 0;
    length = 0;
    segmentBytes = 0;
    count = 0;
    ecn = 0;
  }

  /** See {@link #ecn}. */
  void mark(int codepoint) {
    ecn = codepoint;
  }

  void begin(int from, InetSocketAddress to) {
    clear();
    socket = from;
    remote = to;
  }

  /** Whether another datagram of {@code bytes} has room. */
  boolean hasRoom(int bytes) {
    return count < MAX_SEGMENTS && length + bytes <= CAPACITY_BYTES;
  }

  /** Takes the {@code bytes} written at {@link #length} as the next datagram. */
  void add(int bytes) {
    if (count == 0) {
      segmentBytes = bytes;
    }
    length += bytes;
    count++;
  }
}
