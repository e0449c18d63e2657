package dev.memux.sim;

/** Sees all that happens on a network, without a part in it. */
public interface NetworkObserver {
  /** A node has sent a datagram; the link has not seen it yet. */
  default void onSent(Datagram datagram, long nowNanos) {}

  /** Somebody on the path has put a datagram of his own on a link; see {@link Network#inject}. */
  default void onInjected(Datagram datagram, long nowNanos) {}

  /** A link made a second copy; each copy is delivered or lost. */
  default void onDuplicated(Datagram datagram, long nowNanos) {}

  /** A datagram, or one of its copies, is lost. */
  default void onDropped(Datagram datagram, DropReason reason, long nowNanos) {}

  /**
   * A datagram is about to be handed to its destination.
   *
   * @param intact false if bits were flipped on the way
   */
  default void onDelivered(Datagram datagram, boolean intact, long nowNanos) {}

  /** A node has taken the input of this instant and sent what it could. */
  default void onTurn(Node node, long nowNanos) {}
}
