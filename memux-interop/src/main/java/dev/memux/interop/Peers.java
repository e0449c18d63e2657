package dev.memux.interop;

import java.util.List;

/** The implementations that there are. */
final class Peers {
  static final String MEMUX = "memux";

  static final List<Peer> ALL =
      List.of(JavaPeer.memux(), new Ngtcp2Peer(), JavaPeer.netty(), JavaPeer.kwik());

  private Peers() {}

  /**
   * The one of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Peer named(String name) {
    return ALL.stream()
        .filter(peer -> peer.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no peer is called " + name));
  }
}
