package dev.memux.interop;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** All that went over a relay, in order. Written by the relay, read when it is closed. */
final class Capture {
  private final List<Captured> sent = new ArrayList<>();
  private final List<AtServer> atServer = new ArrayList<>();
  private final List<Captured> toClient = new ArrayList<>();

  /**
   * What would be seen on the server's wire.
   *
   * @param client the client's address there
   */
  record AtServer(boolean fromClient, InetSocketAddress client, int bytes, int number) {}

  synchronized void onSent(Captured datagram) {
    sent.add(datagram);
    if (!datagram.fromClient()) {
      atServer.add(
          new AtServer(false, datagram.binding(), datagram.payload().length, datagram.number()));
    }
  }

  synchronized void onDelivered(Captured datagram, InetSocketAddress binding) {
    if (datagram.fromClient()) {
      atServer.add(new AtServer(true, binding, datagram.payload().length, datagram.number()));
    } else {
      toClient.add(datagram);
    }
  }

  synchronized int count() {
    return sent.size();
  }

  /** What either end has sent. */
  synchronized List<Captured> sent() {
    return List.copyOf(sent);
  }

  /** What came to the server, and what it sent. */
  synchronized List<AtServer> atServer() {
    return List.copyOf(atServer);
  }

  /** What came to the client, as it was sent. */
  synchronized List<Captured> toClient() {
    return List.copyOf(toClient);
  }
}
