package dev.memux.engine.quic;

import java.util.LinkedHashSet;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/**
 * The handshakes that a server has under way, oldest first: apart those whose clients have shown
 * that they receive at their address, as the others may all be one attacker's.
 */
final class HandshakeSlots {
  /** How far a server's connection has come. */
  enum Stage {
    UNVALIDATED,
    VALIDATED,
    COMPLETE
  }

  private final int max;
  private final SequencedSet<QuicConnection> unvalidated = new LinkedHashSet<>();
  private final SequencedSet<QuicConnection> validated = new LinkedHashSet<>();

  HandshakeSlots(int max) {
    this.max = max;
  }

  boolean isFull() {
    return unvalidated.size() + validated.size() >= max;
  }

  int unvalidatedCount() {
    return unvalidated.size();
  }

  void add(QuicConnection connection) {
    switch (connection.stage()) {
      case UNVALIDATED -> unvalidated.add(connection);
      case VALIDATED -> validated.add(connection);
      case COMPLETE -> {}
    }
  }

  /** A connection that was in {@code before} may be in another stage now. */
  void update(QuicConnection connection, Stage before) {
    if (before != connection.stage()) {
      remove(connection);
      add(connection);
    }
  }

  void remove(QuicConnection connection) {
    if (!unvalidated.remove(connection)) {
      validated.remove(connection);
    }
  }

  /**
   * Takes out the handshake that gives way to a newcomer: the oldest of those that have proved
   * nothing, or the oldest of all. An honest client is through after a round trip or two, so the
   * oldest is the least likely to be one, whereas any newcomer may be.
   */
  @Nullable QuicConnection pollOldest() {
    SequencedSet<QuicConnection> first = unvalidated.isEmpty() ? validated : unvalidated;
    return first.isEmpty() ? null : first.removeFirst();
  }
}
