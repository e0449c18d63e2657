package dev.memux.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Stands between one client and a server: keeps what the client sends, and may hold answers. */
final class UdpRelay implements AutoCloseable {
  private final InetSocketAddress server;
  private final DatagramSocket front;
  private final DatagramSocket back;
  private final List<byte[]> recorded = new CopyOnWriteArrayList<>();
  private final List<byte[]> held = new ArrayList<>();
  private volatile @Nullable SocketAddress client;
  private boolean holding;

  UdpRelay(InetSocketAddress server) throws IOException {
    this.server = server;
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    front = new DatagramSocket(0, loopback);
    back = new DatagramSocket(0, loopback);
    Thread.ofPlatform().daemon().start(() -> pump(front, this::toServer));
    Thread.ofPlatform().daemon().start(() -> pump(back, this::toClient));
  }

  int port() {
    return front.getLocalPort();
  }

  /** All that the client has sent, datagram by datagram. */
  List<byte[]> recorded() {
    return List.copyOf(recorded);
  }

  @Override
  public void close() {
    front.close();
    back.close();
  }

  private interface Sink {
    void accept(DatagramPacket packet) throws IOException;
  }

  private void toServer(DatagramPacket packet) throws IOException {
    client = packet.getSocketAddress();
    byte[] payload = Arrays.copyOf(packet.getData(), packet.getLength());
    recorded.add(payload);
    back.send(new DatagramPacket(payload, payload.length, server));
  }

  private synchronized void toClient(DatagramPacket packet) throws IOException {
    byte[] payload = Arrays.copyOf(packet.getData(), packet.getLength());
    if (holding) {
      held.add(payload);
    } else {
      front.send(new DatagramPacket(payload, payload.length, client));
    }
  }

  /** From now on the server's answers wait for {@link #release}. */
  synchronized void hold() {
    holding = true;
  }

  synchronized void release() throws IOException {
    holding = false;
    for (byte[] payload : held) {
      front.send(new DatagramPacket(payload, payload.length, client));
    }
    held.clear();
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
