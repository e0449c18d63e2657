package dev.memux.interop;

import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.interop.Capture.AtServer;
import dev.memux.interop.Trace.Header;
import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedConnection;
import dev.memux.sim.quic.TappedFrame;
import dev.memux.sim.quic.TappedPacket;
import dev.memux.tls.CipherSuite;
import dev.memux.tls.EncryptionLevel;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Says what is wrong with a run, by the runner's criteria. */
final class Judge {
  static final int EARLY_FILES = 40;
  static final int EARLY_NAME_LENGTH = 250;

  private static final int V1 = 1;
  private static final int V2 = 0x6b3343cf;
  private static final int MAX_STREAMS = 1000;

  /** As the runner does, which lets those go that have only begun a packet within three times. */
  private static final int AMPLIFICATION = 4;

  /** Less would not be the long chain that the server was given. */
  private static final int MIN_HANDSHAKE_BYTES = 7500;

  private static final int ECT_1 = 1;
  private static final int ECT_0 = 2;
  private static final int CE = 3;

  private final Trace trace;
  private final Path served;
  private final Path fetched;
  private final List<String> names;
  private final List<String> faults = new ArrayList<>();

  /**
   * A judge of one run.
   *
   * @param served where the files came from
   * @param fetched where they went
   * @param names the files
   */
  Judge(Trace trace, Path served, Path fetched, List<String> names) {
    this.trace = trace;
    this.served = served;
    this.fetched = fetched;
    this.names = names;
  }

  /** What is wrong by the criteria of a case; empty: nothing. */
  List<String> faults(TestCase by) {
    faults.clear();
    by.judge(this);
    return List.copyOf(faults);
  }

  private void require(boolean holds, String fault) {
    if (!holds) {
      faults.add(fault);
    }
  }

  void handshake() {
    require(trace.headers(PacketType.RETRY, false).findAny().isEmpty(), "the server sent a Retry");
    transfer();
  }

  void transfer() {
    requireHandshakes(1);
    requireVersion1();
    requireFiles();
  }

  void multiconnect() {
    requireHandshakes(names.size());
    requireVersion1();
    requireFiles();
  }

  void longRtt() {
    handshake();
    long hellos =
        trace
            .packets(Side.CLIENT, EncryptionLevel.INITIAL)
            .filter(packet -> packet.frames().stream().anyMatch(Judge::beginsHandshake))
            .count();
    require(hellos >= 2, hellos + " ClientHello sent, not two");
  }

  private static boolean beginsHandshake(TappedFrame frame) {
    return frame instanceof TappedFrame.Crypto crypto && crypto.offset() == 0;
  }

  void chacha20() {
    transfer();
    Set<Integer> offered = new TreeSet<>();
    for (TappedConnection connection : trace.connections()) {
      byte[] hello =
          HandshakeView.message(
              trace.handshake(connection, Side.CLIENT, EncryptionLevel.INITIAL),
              HandshakeView.CLIENT_HELLO);
      if (hello != null) {
        offered.addAll(HandshakeView.cipherSuites(hello));
      }
    }
    require(
        offered.equals(Set.of(CipherSuite.TLS_CHACHA20_POLY1305_SHA256.code())),
        "cipher suites offered: " + offered.stream().map(Integer::toHexString).toList());
  }

  void multiplexing() {
    transfer();
    List<Long> limits = new ArrayList<>();
    for (TappedConnection connection : trace.connections()) {
      byte[] extensions =
          HandshakeView.message(
              trace.handshake(connection, Side.SERVER, EncryptionLevel.HANDSHAKE),
              HandshakeView.ENCRYPTED_EXTENSIONS);
      TransportParameters parameters =
          extensions == null ? null : HandshakeView.parameters(extensions);
      if (parameters != null) {
        limits.add(parameters.initialMaxStreamsBidi());
      }
    }
    require(!limits.isEmpty(), "the server's limit of streams was not seen");
    require(
        limits.stream().allMatch(limit -> limit <= MAX_STREAMS), "limits of streams: " + limits);
  }

  void retry() {
    transfer();
    Set<String> tokens =
        trace
            .headers(PacketType.RETRY, false)
            .map(header -> HexFormat.of().formatHex(header.token()))
            .collect(Collectors.toSet());
    require(!tokens.isEmpty(), "the server sent no Retry");
    long before = -1;
    for (TappedPacket packet : trace.packets(Side.CLIENT, EncryptionLevel.INITIAL).toList()) {
      String token = token(packet);
      if (token.isEmpty()) {
        before = Math.max(before, packet.number());
      } else if (packet.number() <= before) {
        faults.add("the client began its packet numbers again after the Retry");
        return;
      } else if (tokens.contains(token)) {
        return;
      }
    }
    faults.add("no Initial with a token of a Retry");
  }

  private String token(TappedPacket packet) {
    byte[] datagram = packet.datagram().payload();
    PacketHeader header = new PacketHeader();
    return header.parse(datagram, packet.from(), packet.end(), 0)
        ? HexFormat.of()
            .formatHex(datagram, header.tokenFrom(), header.tokenFrom() + header.tokenLength())
        : "";
  }

  void resumption() {
    requireHandshakes(2);
    requireVersion1();
    requireFiles();
    List<Boolean> certificates =
        trace.connections().stream()
            .map(connection -> trace.handshake(connection, Side.SERVER, EncryptionLevel.HANDSHAKE))
            .map(sent -> HandshakeView.message(sent, HandshakeView.CERTIFICATE) != null)
            .toList();
    require(
        certificates.equals(List.of(true, false)),
        "connections in which the server sent a certificate: " + certificates);
  }

  void zeroRtt() {
    requireHandshakes(2);
    requireVersion1();
    requireFiles();
    long early = trace.headers(PacketType.ZERO_RTT, true).mapToLong(Header::bytes).sum();
    require(early > 0, "no 0-RTT packets");
    long late =
        trace
            .packets(Side.CLIENT, EncryptionLevel.APPLICATION)
            .filter(Judge::hasData) // a search for the MTU sends more than that, and no request
            .mapToLong(TappedPacket::bytes)
            .sum();
    require(
        late <= EARLY_NAME_LENGTH * EARLY_FILES / 2,
        "0-RTT packets of " + early + " bytes, but 1-RTT packets of " + late);
  }

  private static boolean hasData(TappedPacket packet) {
    return packet.frames().stream().anyMatch(TappedFrame.Stream.class::isInstance);
  }

  void keyUpdate() {
    transfer();
    for (Side side : Side.values()) {
      List<Boolean> phases =
          trace
              .packets(side, EncryptionLevel.APPLICATION)
              .map(TappedPacket::keyPhase)
              .distinct()
              .toList();
      require(phases.contains(true), "the " + side + " sent nothing in the next key phase");
    }
  }

  void amplificationLimit() {
    transfer();
    int handshakeBytes =
        trace.connections().stream()
            .mapToInt(
                connection ->
                    trace.handshake(connection, Side.SERVER, EncryptionLevel.HANDSHAKE).length)
            .max()
            .orElse(0);
    require(
        handshakeBytes >= MIN_HANDSHAKE_BYTES,
        "the server's handshake has only " + handshakeBytes + " bytes");
    long received = 0;
    long sent = 0;
    for (AtServer datagram : trace.capture().atServer()) {
      if (!datagram.fromClient()) {
        sent += datagram.bytes();
        if (sent > AMPLIFICATION * received) {
          faults.add("the server had sent " + sent + " bytes when " + received + " had come");
          return;
        }
      } else if (hasHandshakePacket(datagram.number())) {
        return;
      } else {
        received += datagram.bytes();
      }
    }
    faults.add("the client never sent a Handshake packet");
  }

  private boolean hasHandshakePacket(int datagram) {
    return trace
        .headers(PacketType.HANDSHAKE, true)
        .anyMatch(header -> header.datagram().number() == datagram);
  }

  void ecn() {
    handshake();
    for (Side side : Side.values()) {
      boolean fromClient = side == Side.CLIENT;
      List<Integer> marks =
          trace.sent().stream()
              .filter(datagram -> datagram.fromClient() == fromClient)
              .map(Captured::ecn)
              .distinct()
              .toList();
      require(marks.contains(ECT_0) || marks.contains(ECT_1), "the " + side + " marked nothing");
      require(!marks.contains(CE), "the " + side + " marked packets CE");
      require(
          trace.packets(side).flatMap(packet -> packet.frames().stream()).anyMatch(Judge::hasEcn),
          "the " + side + " sent no ACK with ECN counts");
    }
  }

  private static boolean hasEcn(TappedFrame frame) {
    return frame instanceof TappedFrame.Ack ack && ack.hasEcn();
  }

  void ipv6() {
    transfer();
    require(
        trace.sent().stream()
            .allMatch(datagram -> datagram.client().getAddress() instanceof Inet6Address),
        "there were IPv4 packets");
  }

  void version2() {
    requireFiles();
    require(versions(PacketType.INITIAL, true).contains(V1), "the client did not begin with v1");
    require(versions(PacketType.INITIAL, false).contains(V2), "the server did not choose v2");
    for (boolean fromClient : new boolean[] {true, false}) {
      Set<Integer> versions = versions(PacketType.HANDSHAKE, fromClient);
      require(
          versions.equals(Set.of(V2)),
          (fromClient ? "client" : "server") + "'s Handshake packets have versions " + versions);
    }
  }

  void rebinding() {
    transfer();
    Set<InetSocketAddress> seen = new LinkedHashSet<>();
    Set<Long> challenges = new HashSet<>();
    InetSocketAddress last = null;
    for (TappedPacket packet : trace.packets(Side.SERVER).toList()) {
      InetSocketAddress to = trace.datagramOf(packet).binding();
      if (seen.add(to) && last != null) {
        List<Long> asked = challenges(packet).toList();
        require(!asked.isEmpty(), "the first packet to " + to + " has no PATH_CHALLENGE");
        challenges.addAll(asked);
      }
      last = to;
    }
    require(seen.size() > 1, "the server saw one path alone");
    trace
        .packets(Side.CLIENT)
        .flatMap(packet -> packet.frames().stream())
        .forEach(
            frame -> {
              if (frame instanceof TappedFrame.Control(ControlFrame.PathResponse response)) {
                challenges.remove(response.data());
              }
            });
    require(challenges.isEmpty(), challenges.size() + " PATH_CHALLENGE without an answer");
  }

  private static Stream<Long> challenges(TappedPacket packet) {
    return packet.frames().stream()
        .filter(TappedFrame.Control.class::isInstance)
        .map(frame -> ((TappedFrame.Control) frame).frame())
        .filter(ControlFrame.PathChallenge.class::isInstance)
        .map(frame -> ((ControlFrame.PathChallenge) frame).data());
  }

  void addressRebinding() {
    rebinding();
    long addresses =
        trace.capture().atServer().stream()
            .map(datagram -> datagram.client().getAddress())
            .distinct()
            .count();
    require(addresses > 1, "the server saw one address alone");
  }

  void connectionMigration() {
    rebinding();
    Set<String> paths = new LinkedHashSet<>();
    String lastId = "";
    for (TappedPacket packet : trace.packets(Side.CLIENT, EncryptionLevel.APPLICATION).toList()) {
      Captured datagram = trace.datagramOf(packet);
      String id = destination(packet);
      if (paths.add(datagram.client() + " " + datagram.front())) {
        require(!id.equals(lastId), "the client used a connection ID on two paths");
      }
      lastId = id;
    }
    require(paths.size() > 1, "the client used one path alone");
  }

  private String destination(TappedPacket packet) {
    // All IDs of a server's connection are of one length, that of the handshake.
    int length =
        trace
            .headers(PacketType.HANDSHAKE, false)
            .mapToInt(header -> header.source().length())
            .findFirst()
            .orElse(0);
    int from = packet.from() + 1;
    return HexFormat.of().formatHex(packet.datagram().payload(), from, from + length);
  }

  private Set<Integer> versions(PacketType type, boolean fromClient) {
    return trace.headers(type, fromClient).map(Header::version).collect(Collectors.toSet());
  }

  private void requireVersion1() {
    Set<Integer> versions = versions(PacketType.INITIAL, false);
    require(versions.equals(Set.of(V1)), "versions of the server's Initial packets: " + versions);
  }

  /** A server's connection has one connection ID in all of its Initial packets. */
  private void requireHandshakes(int expected) {
    long count =
        trace.headers(PacketType.INITIAL, false).map(header -> header.source()).distinct().count();
    require(count == expected, count + " handshakes instead of " + expected);
  }

  private void requireFiles() {
    try (Stream<Path> all = Files.list(fetched)) {
      Set<String> found =
          all.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
      require(found.equals(Set.copyOf(names)), found.size() + " files instead of " + names.size());
      for (String name : names) {
        if (found.contains(name)) {
          require(
              Files.mismatch(served.resolve(name), fetched.resolve(name)) < 0,
              "a file differs from what was served");
        }
      }
    } catch (IOException e) {
      faults.add("files cannot be compared: " + e);
    }
  }
}
