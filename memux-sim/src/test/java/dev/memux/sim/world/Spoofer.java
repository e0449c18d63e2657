package dev.memux.sim.world;

import dev.memux.sim.Datagram;
import dev.memux.sim.Network;
import dev.memux.sim.NetworkObserver;
import java.net.InetSocketAddress;

/**
 * Somebody who sees what a client sends, and now and then sends a copy from somebody else's address
 * that overtakes the original: the server must neither flood that address nor lose the client (RFC
 * 9000 §9.3.1, §9.3.2).
 */
final class Spoofer implements NetworkObserver {
  private final Network network;
  private final Conversation conversation;
  private final InetSocketAddress victim;
  private boolean copies;

  /**
   * @param victim from where a link leads to the server
   */
  Spoofer(Network network, Conversation conversation, InetSocketAddress victim) {
    this.network = network;
    this.conversation = conversation;
    this.victim = victim;
  }

  /** The next datagram will be copied. */
  void spoof() {
    copies = true;
  }

  @Override
  public void onSent(Datagram datagram, long nowNanos) {
    if (copies
        && conversation.concerns(datagram)
        && datagram.source().equals(conversation.clientAddress())) {
      copies = false;
      network.copy(datagram, victim);
    }
  }
}
