package dev.memux.interop;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.Arrays;

/** A UDP socket with a thread of its own that receives. */
final class RelaySocket implements AutoCloseable {
  /** For whatever a sender may send before it hears of what became of it. */
  private static final int BUFFER_BYTES = 4 << 20;

  private static final int MAX_DATAGRAM_BYTES = 65_535;
  private static final int ECN_BITS = 3;

  private final DatagramSocket socket;
  private final InetSocketAddress localAddress;
  private int trafficClass;

  private RelaySocket(DatagramSocket socket) {
    this.socket = socket;
    localAddress = new InetSocketAddress(socket.getLocalAddress(), socket.getLocalPort());
  }

  /** Takes what is received, on the socket's thread. */
  interface Receiver {
    void onReceived(InetSocketAddress from, byte[] payload, int ecn);
  }

  /** Binds a free port. */
  static RelaySocket open(InetAddress address) throws IOException {
    DatagramSocket socket = new DatagramSocket(new InetSocketAddress(address, 0));
    socket.setReceiveBufferSize(BUFFER_BYTES);
    socket.setSendBufferSize(BUFFER_BYTES);
    return new RelaySocket(socket);
  }

  InetSocketAddress localAddress() {
    return localAddress;
  }

  /** Receives until it is closed. */
  void receive(Receiver receiver) {
    Thread.ofPlatform().daemon().name("relay " + localAddress).start(() -> run(receiver));
  }

  private void run(Receiver receiver) {
    DatagramPacket packet = new DatagramPacket(new byte[MAX_DATAGRAM_BYTES], MAX_DATAGRAM_BYTES);
    while (!socket.isClosed()) {
      try {
        socket.receive(packet);
        receiver.onReceived(
            (InetSocketAddress) packet.getSocketAddress(),
            Arrays.copyOf(packet.getData(), packet.getLength()),
            0);
      } catch (SocketException e) {
        // It was closed, or told of a datagram that nobody took.
      } catch (IOException e) {
        throw new IllegalStateException(localAddress + " does not receive", e);
      }
    }
  }

  /** Sends one datagram; what the kernel does not take is lost, as on any network. */
  void send(byte[] payload, InetSocketAddress to, int ecn) {
    try {
      if (trafficClass != ecn) {
        socket.setTrafficClass(ecn & ECN_BITS);
        trafficClass = ecn;
      }
      socket.send(new DatagramPacket(payload, payload.length, to));
    } catch (IOException e) {
      // lost
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
