package dev.memux.sim;

/** Decides a datagram's fate by hand, for tests that must lose one datagram in particular. */
@FunctionalInterface
public interface LinkFilter {
  /** Lets everything through. */
  LinkFilter NONE = (datagram, nowNanos) -> true;

  /** False: drop it. */
  boolean passes(Datagram datagram, long nowNanos);
}
