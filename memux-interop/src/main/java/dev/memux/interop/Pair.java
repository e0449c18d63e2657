package dev.memux.interop;

import java.util.ArrayList;
import java.util.List;

/** Who is the client and who the server. */
record Pair(Peer client, Peer server) {
  /** memux with itself, and in both roles with each other. */
  static List<Pair> of(List<Peer> peers) {
    Peer memux = Peers.named(Peers.MEMUX);
    List<Pair> pairs = new ArrayList<>();
    for (Peer peer : peers) {
      pairs.add(new Pair(memux, peer));
      if (!peer.equals(memux)) {
        pairs.add(new Pair(peer, memux));
      }
    }
    return pairs;
  }

  @Override
  public String toString() {
    return client.name() + " > " + server.name();
  }
}
