package dev.memux.interop;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketType;
import dev.memux.sim.Datagram;
import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedConnection;
import dev.memux.sim.quic.TappedFrame;
import dev.memux.sim.quic.TappedPacket;
import dev.memux.sim.quic.WireListener;
import dev.memux.sim.quic.WireTap;
import dev.memux.tls.EncryptionLevel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What the packets of a run show: their headers, and with the secrets of one end what is inside.
 */
final class Trace {
  private final Capture capture;
  private final List<Captured> sent;
  private final List<Header> headers = new ArrayList<>();
  private final List<TappedPacket> packets = new ArrayList<>();
  private final List<String> unreadable = new ArrayList<>();

  /**
   * The long header of a packet.
   *
   * @param bytes of the whole packet
   * @param token of an Initial or a Retry
   */
  record Header(
      Captured datagram,
      PacketType type,
      int version,
      ConnectionId destination,
      ConnectionId source,
      byte[] token,
      int bytes) {
    boolean isFromClient() {
      return datagram.fromClient();
    }
  }

  private Trace(Capture capture) {
    this.capture = capture;
    this.sent = capture.sent();
    sent.forEach(this::readHeaders);
  }

  /**
   * Reads what has been captured.
   *
   * @param keyLog what an end has written of its secrets
   */
  static Trace of(Capture capture, Path keyLog) throws IOException {
    Trace trace = new Trace(capture);
    trace.decrypt(keyLog);
    return trace;
  }

  private void readHeaders(Captured datagram) {
    byte[] bytes = datagram.payload();
    PacketHeader header = new PacketHeader();
    for (int from = 0; from < bytes.length && bytes[from] < 0; from = header.packetEnd()) {
      if (!header.parse(bytes, from, bytes.length, 0)
          || header.type() == PacketType.UNSUPPORTED_VERSION) {
        return;
      }
      headers.add(
          new Header(
              datagram,
              header.type(),
              header.version(),
              ConnectionId.of(bytes, header.dcidFrom(), header.dcidLength()),
              ConnectionId.of(bytes, header.scidFrom(), header.scidLength()),
              Arrays.copyOfRange(
                  bytes, header.tokenFrom(), header.tokenFrom() + header.tokenLength()),
              header.packetEnd() - from));
    }
  }

  private void decrypt(Path keyLog) throws IOException {
    WireTap tap = new WireTap();
    if (Files.exists(keyLog)) {
      Files.readAllLines(keyLog).forEach(tap::log);
    }
    tap.listen(
        new WireListener() {
          @Override
          public void onPacketSent(TappedPacket packet, long nowNanos) {
            packets.add(packet);
          }

          @Override
          public void onUnreadable(Datagram datagram, String why, long nowNanos) {
            unreadable.add(why);
          }
        });
    for (Captured datagram : sent) {
      // The tap knows who is who by the server's address, whichever the client has.
      InetSocketAddress server = sent.getFirst().front();
      boolean up = datagram.fromClient();
      tap.onSent(
          new Datagram(
              datagram.number(),
              up ? datagram.client() : server,
              up ? server : datagram.client(),
              datagram.payload()),
          datagram.nanos());
    }
  }

  /** Writes a line for each packet that could be read, for people. */
  void write(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    for (TappedPacket packet : packets) {
      Captured datagram = datagramOf(packet);
      lines.add(
          String.format(
              Locale.ROOT,
              "%.6f %s %s %s",
              datagram.nanos() / 1e9,
              packet.sender(),
              datagram.binding(),
              packet));
    }
    unreadable.forEach(why -> lines.add("not readable: " + why));
    Files.write(file, lines);
  }

  Capture capture() {
    return capture;
  }

  /** The datagrams of either end. */
  List<Captured> sent() {
    return sent;
  }

  /** The datagram that a packet came in. */
  Captured datagramOf(TappedPacket packet) {
    return sent.get((int) packet.datagram().id());
  }

  /** Long headers of a type. */
  Stream<Header> headers(PacketType type, boolean fromClient) {
    return headers.stream()
        .filter(header -> header.type() == type && header.isFromClient() == fromClient);
  }

  /** Packets that could be read. */
  Stream<TappedPacket> packets(Side sender) {
    return packets.stream().filter(packet -> packet.sender() == sender);
  }

  Stream<TappedPacket> packets(Side sender, EncryptionLevel level) {
    return packets(sender).filter(packet -> packet.level() == level);
  }

  /** Why packets could not be read, one entry for each. */
  List<String> unreadable() {
    return unreadable;
  }

  /** The connections, in the order in which they began. */
  List<TappedConnection> connections() {
    return packets.stream().map(TappedPacket::connection).distinct().toList();
  }

  /** What one end sent of the handshake at a level, as far as it was sent from its beginning on. */
  byte[] handshake(TappedConnection connection, Side sender, EncryptionLevel level) {
    List<TappedFrame.Crypto> frames =
        packets(sender, level)
            .filter(packet -> packet.connection() == connection)
            .flatMap(packet -> packet.frames().stream())
            .filter(TappedFrame.Crypto.class::isInstance)
            .map(TappedFrame.Crypto.class::cast)
            .sorted((a, b) -> Long.compare(a.offset(), b.offset()))
            .toList();
    byte[] messages = {};
    for (TappedFrame.Crypto frame : frames) {
      int end = (int) frame.offset() + frame.length();
      if (frame.offset() <= messages.length && end > messages.length) {
        int from = messages.length;
        messages = Arrays.copyOf(messages, end);
        System.arraycopy(
            frame.payload(),
            frame.from() + from - (int) frame.offset(),
            messages,
            from,
            end - from);
      }
    }
    return messages;
  }
}
