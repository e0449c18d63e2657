package dev.memux.engine.wire;

import java.util.Arrays;

/**
 * What one sent packet carried. After a loss, whoever wrote an entry sends what is current then,
 * not the old frame (RFC 9000 §13.3). Used again by its owner: no allocation in the steady state.
 */
public final class SentFrames {
  /** What an entry means; {@code a}, {@code b} and {@code c} as said, 0 where nothing is. */
  public enum Kind {
    /** {@code a}: the largest packet number acknowledged. */
    ACK,
    /** {@code a}: offset, {@code b}: length. */
    CRYPTO,
    /** {@code a}: stream ID, {@code b}: offset, {@code c}: length times two, plus one with FIN. */
    STREAM,
    /** {@code a}: stream ID, {@code b}: reliable size, 0 in RESET_STREAM. */
    RESET_STREAM,
    /** {@code a}: stream ID. */
    STOP_SENDING,
    MAX_DATA,
    /** {@code a}: stream ID. */
    MAX_STREAM_DATA,
    MAX_STREAMS_BIDI,
    MAX_STREAMS_UNI,
    DATA_BLOCKED,
    /** {@code a}: stream ID. */
    STREAM_DATA_BLOCKED,
    STREAMS_BLOCKED_BIDI,
    STREAMS_BLOCKED_UNI,
    /** {@code a}: sequence number. */
    NEW_CONNECTION_ID,
    /** {@code a}: sequence number. */
    RETIRE_CONNECTION_ID,
    HANDSHAKE_DONE,
    DATAGRAM,
    NEW_TOKEN,
    /** {@code a}: stream ID, {@code b}: sequence. */
    STREAM_PRIORITY,
    /** {@code a}: sequence number. */
    ACK_FREQUENCY,
    PING
  }

  private static final int INITIAL_ENTRIES = 4;
  private static final int FIELDS = 3;
  private static final Kind[] KINDS = Kind.values();
  private static final byte[] NO_KINDS = {};
  private static final long[] NO_FIELDS = {};

  /** Ordinals: writing references would be work for the collector. */
  private byte[] kinds = NO_KINDS;

  private long[] fields = NO_FIELDS;
  private int size;

  /** Number of entries. */
  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  public Kind kind(int i) {
    return KINDS[kinds[i]];
  }

  public long a(int i) {
    return fields[i * FIELDS];
  }

  public long b(int i) {
    return fields[i * FIELDS + 1];
  }

  public long c(int i) {
    return fields[i * FIELDS + 2];
  }

  public void add(Kind kind) {
    add(kind, 0, 0, 0);
  }

  public void add(Kind kind, long a) {
    add(kind, a, 0, 0);
  }

  public void add(Kind kind, long a, long b) {
    add(kind, a, b, 0);
  }

  public void add(Kind kind, long a, long b, long c) {
    if (size == kinds.length) {
      int capacity = Math.max(INITIAL_ENTRIES, size * 2);
      kinds = Arrays.copyOf(kinds, capacity);
      fields = Arrays.copyOf(fields, capacity * FIELDS);
    }
    kinds[size] = (byte) kind.ordinal();
    fields[size * FIELDS] = a;
    fields[size * FIELDS + 1] = b;
    fields[size * FIELDS + 2] = c;
    size++;
  }

  public void clear() {
    size = 0;
  }
}
