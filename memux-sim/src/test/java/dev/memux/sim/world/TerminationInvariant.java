package dev.memux.sim.world;

import dev.memux.sim.Node;

/** Everything ends: connections terminate, timers stop, endpoints forget, within a bounded time. */
final class TerminationInvariant {
  private TerminationInvariant() {}

  static void checkNode(String name, int connections, long deadlineNanos) {
    if (connections > 0) {
      throw new Violation(
          TerminationInvariant.class, name + " remembers " + connections + " connections");
    }
    if (deadlineNanos != Node.NEVER) {
      throw new Violation(
          TerminationInvariant.class, name + " has a timer left, at " + deadlineNanos);
    }
  }

  /** A connection has just said that it can be forgotten. */
  static void checkTerminated(String name, boolean isTerminated, long deadlineNanos) {
    if (!isTerminated || deadlineNanos != Node.NEVER) {
      throw new Violation(
          TerminationInvariant.class, name + " goes on after its end, at " + deadlineNanos);
    }
  }

  static void checkPeer(String name, boolean hasConnection, boolean closed, boolean terminated) {
    if (hasConnection && !(closed && terminated)) {
      throw new Violation(
          TerminationInvariant.class,
          "%s: closed %b, terminated %b".formatted(name, closed, terminated));
    }
  }
}
