package dev.memux.session;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;

/** Stands between clients and a server, on a port of its own, until it is told to drop all. */
final class UdpRelay implements AutoCloseable {
  private final InetSocketAddress server;
  private final DatagramSocket front;

  /** By client: what stands for it towards the server. */
  private final Map<SocketAddress, DatagramSocket> backs = new HashMap<>();

  private volatile boolean dropping;

  UdpRelay(InetSocketAddress server) throws IOException {
    this(server, 0);
  }

  UdpRelay(InetSocketAddress server, int port) throws IOException {
    this.server = server;
    front = new DatagramSocket(port, InetAddress.ofLiteral("127.0.0.1"));
    Thread.ofPlatform().daemon().start(() -> pump(front, this::toServer));
  }

  InetSocketAddress address() {
    return (InetSocketAddress) front.getLocalSocketAddress();
  }

  /** From now on nothing comes through, either way, for clients known so far and new ones. */
  void drop() {
    dropping = true;
  }

  /** New clients come through again; for those known so far it stays as it is. */
  synchronized void letOthersThrough() {
    backs.values().forEach(DatagramSocket::close);
    dropping = false;
  }

  @Override
  public synchronized void close() {
    front.close();
    backs.values().forEach(DatagramSocket::close);
  }

  private interface Sink {
    void accept(DatagramPacket packet) throws IOException;
  }

  private synchronized void toServer(DatagramPacket packet) throws IOException {
    if (dropping) {
      return;
    }
    SocketAddress client = packet.getSocketAddress();
    DatagramSocket back = backs.get(client);
    if (back == null) {
      back = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"));
      backs.put(client, back);
      DatagramSocket from = back;
      Thread.ofPlatform().daemon().start(() -> pump(from, answer -> toClient(answer, client)));
    }
    if (!back.isClosed()) {
      back.send(new DatagramPacket(packet.getData(), packet.getLength(), server));
    }
  }

  private void toClient(DatagramPacket packet, SocketAddress client) throws IOException {
    if (!dropping) {
      front.send(new DatagramPacket(packet.getData(), packet.getLength(), client));
    }
  }

  private static void pump(DatagramSocket from, Sink to) {
    byte[] buffer = new byte[65_535];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        from.receive(packet);
        to.accept(packet);
      }
    } catch (IOException e) {
      if (!from.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
