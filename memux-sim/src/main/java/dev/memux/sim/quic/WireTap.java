package dev.memux.sim.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.sim.Datagram;
import dev.memux.sim.DropReason;
import dev.memux.sim.NetworkObserver;
import dev.memux.tls.KeyLog;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Reads every packet on a network: give it to the TLS configurations of both sides as their key
 * log, and to the network as an observer. It trusts no endpoint's own account of what was sent.
 */
public final class WireTap implements NetworkObserver, KeyLog {
  private final List<WireListener> listeners = new ArrayList<>();
  private final Map<ConnectionId, TappedConnection> byId = new HashMap<>();
  private final TreeSet<Integer> idLengths = new TreeSet<>();
  private final Map<String, List<Secret>> secrets = new HashMap<>();
  private final Map<Long, InFlight> inFlight = new HashMap<>();
  private final PacketHeader header = new PacketHeader();
  private final PacketDecoder decoder = new PacketDecoder();

  public void listen(WireListener listener) {
    listeners.add(listener);
  }

  @Override
  public void log(String line) {
    String[] fields = line.split(" ", -1);
    if (fields.length == 3) {
      secrets
          .computeIfAbsent(fields[1], random -> new ArrayList<>())
          .add(new Secret(fields[0], HexFormat.of().parseHex(fields[2])));
    }
  }

  /**
   * A connection has an ID that no frame tells: a server's preferred address comes with it in the
   * handshake (RFC 9000 §18.2).
   *
   * @param firstDestination which names the connection
   */
  public void learnPreferred(ConnectionId firstDestination, ConnectionId id) {
    TappedConnection connection = byId.get(firstDestination);
    if (connection != null) {
      learn(id, connection);
    }
  }

  /** The packets of a datagram that is under way; for traces. */
  public List<TappedPacket> packets(Datagram datagram) {
    InFlight flight = inFlight.get(datagram.id());
    return flight == null ? List.of() : flight.packets;
  }

  @Override
  public void onSent(Datagram datagram, long nowNanos) {
    byte[] bytes = datagram.payload().clone();
    InFlight flight = new InFlight(datagram, new ArrayList<>());
    inFlight.put(datagram.id(), flight);
    boolean first = true;
    for (int from = 0; from < bytes.length && parse(bytes, from); from = header.packetEnd()) {
      TappedConnection connection = connectionOf(datagram, bytes, true);
      if (connection == null) {
        return;
      }
      Side sender = senderOf(connection, datagram);
      if (header.type() == PacketType.RETRY) {
        onRetry(connection, sender, datagram, bytes, nowNanos);
        return;
      }
      if (!hasNumber(header.type())) {
        return; // An endpoint's answer without a connection, though to a connection's ID.
      }
      if (first) {
        first = false;
        listeners.forEach(l -> l.onDatagramSent(connection, sender, datagram, nowNanos));
      }
      learnSource(connection, bytes);
      if (header.type() == PacketType.INITIAL && sender == Side.CLIENT) {
        connection.onInitialDestination(
            ConnectionId.of(bytes, header.dcidFrom(), header.dcidLength()));
      }
      offerSecrets(connection);
      TappedPacket packet = decoder.decode(connection, sender, datagram, bytes, from, header);
      if (packet == null) {
        listeners.forEach(l -> l.onUnreadable(datagram, decoder.failure(), nowNanos));
        return;
      }
      learnIds(packet);
      flight.packets.add(packet);
      listeners.forEach(l -> l.onPacketSent(packet, nowNanos));
    }
  }

  private void onRetry(
      TappedConnection connection, Side sender, Datagram datagram, byte[] bytes, long nowNanos) {
    learnSource(connection, bytes);
    connection.onRetry(ConnectionId.of(bytes, header.scidFrom(), header.scidLength()));
    listeners.forEach(l -> l.onDatagramSent(connection, sender, datagram, nowNanos));
  }

  @Override
  public void onDuplicated(Datagram datagram, long nowNanos) {
    InFlight flight = inFlight.get(datagram.id());
    if (flight != null) {
      flight.copies++;
    }
  }

  @Override
  public void onDropped(Datagram datagram, DropReason reason, long nowNanos) {
    release(datagram);
  }

  @Override
  public void onDelivered(Datagram datagram, boolean intact, long nowNanos) {
    byte[] bytes = datagram.payload();
    InFlight flight = inFlight.get(datagram.id());
    TappedConnection connection =
        bytes.length > 0 && parse(bytes, 0) ? connectionOf(datagram, bytes, false) : null;
    if (connection == null && flight != null && !flight.packets.isEmpty()) {
      connection = flight.packets.getFirst().connection(); // damaged, but arrived
    }
    if (connection != null) {
      TappedConnection whose = connection;
      Side receiver = senderOf(whose, datagram).peer();
      listeners.forEach(l -> l.onDatagramDelivered(whose, receiver, datagram, nowNanos));
    }
    if (flight == null) {
      return;
    }
    for (TappedPacket packet : flight.packets) {
      if (intact || isUntouched(packet, flight.original, bytes)) {
        listeners.forEach(l -> l.onPacketDelivered(packet, intact, nowNanos));
      }
    }
    release(datagram);
  }

  private void release(Datagram datagram) {
    InFlight flight = inFlight.get(datagram.id());
    if (flight != null && --flight.copies == 0) {
      inFlight.remove(datagram.id());
    }
  }

  private static boolean isUntouched(TappedPacket packet, Datagram original, byte[] bytes) {
    return Arrays.equals(
        original.payload(), packet.from(), packet.end(), bytes, packet.from(), packet.end());
  }

  /** Short headers do not tell how long their connection ID is; one that is known decides. */
  private boolean parse(byte[] bytes, int from) {
    if (bytes[from] < 0) {
      return header.parse(bytes, from, bytes.length, 0);
    }
    for (int length : idLengths) {
      if (from + 1 + length <= bytes.length
          && byId.containsKey(ConnectionId.of(bytes, from + 1, length))) {
        return header.parse(bytes, from, bytes.length, length);
      }
    }
    return false;
  }

  private @Nullable TappedConnection connectionOf(
      Datagram datagram, byte[] bytes, boolean mayBegin) {
    if (header.dcidLength() > ConnectionId.MAX_BYTES) {
      return null;
    }
    ConnectionId id = ConnectionId.of(bytes, header.dcidFrom(), header.dcidLength());
    TappedConnection known = byId.get(id);
    QuicVersion version = header.quicVersion();
    if (known == null && mayBegin && header.type() == PacketType.INITIAL && version != null) {
      TappedConnection begun = begunBefore(bytes);
      if (begun == null) {
        begun = new TappedConnection(datagram.source(), datagram.destination(), id, version);
      } else {
        begun.onRestart(id, version);
      }
      learn(id, begun);
      return begun;
    }
    return known;
  }

  /** A client that calls itself as before has begun again; null: another one has begun. */
  private @Nullable TappedConnection begunBefore(byte[] bytes) {
    return header.scidLength() == 0
        ? null
        : byId.get(ConnectionId.of(bytes, header.scidFrom(), header.scidLength()));
  }

  private static boolean hasNumber(PacketType type) {
    return switch (type) {
      case INITIAL, ZERO_RTT, HANDSHAKE, ONE_RTT -> true;
      case RETRY, VERSION_NEGOTIATION, UNSUPPORTED_VERSION -> false;
    };
  }

  /** Where a server has several ports, clients live elsewhere. */
  private static Side senderOf(TappedConnection connection, Datagram datagram) {
    InetSocketAddress server = connection.server();
    if (datagram.destination().equals(server)) {
      return Side.CLIENT;
    }
    return !datagram.source().equals(server)
            && datagram.destination().getAddress().equals(server.getAddress())
        ? Side.CLIENT
        : Side.SERVER;
  }

  private void learnSource(TappedConnection connection, byte[] bytes) {
    if (header.isLong()) {
      learn(ConnectionId.of(bytes, header.scidFrom(), header.scidLength()), connection);
    }
  }

  private void learnIds(TappedPacket packet) {
    for (TappedFrame frame : packet.frames()) {
      if (frame instanceof TappedFrame.Control(ControlFrame.NewConnectionId fresh)) {
        learn(ConnectionId.of(fresh.connectionId()), packet.connection());
      }
    }
  }

  private void learn(ConnectionId id, TappedConnection connection) {
    if (id.length() > 0) { // An empty one names nobody.
      byId.putIfAbsent(id, connection);
      idLengths.add(id.length());
    }
  }

  private void offerSecrets(TappedConnection connection) {
    String random = connection.clientRandom();
    List<Secret> logged = random == null ? null : secrets.get(random);
    if (logged == null) {
      return;
    }
    logged.removeIf(secret -> offer(connection, secret));
  }

  /** Returns whether the connection has had use for the secret, or never will. */
  private static boolean offer(TappedConnection connection, Secret secret) {
    if (secret.label.equals("CLIENT_EARLY_TRAFFIC_SECRET")) {
      return connection.onEarlySecret(secret.bytes);
    }
    if (!connection.hasSuite()) {
      return false;
    }
    switch (secret.label) {
      case "CLIENT_HANDSHAKE_TRAFFIC_SECRET" ->
          connection.onSecret(Side.CLIENT, PacketType.HANDSHAKE, secret.bytes);
      case "SERVER_HANDSHAKE_TRAFFIC_SECRET" ->
          connection.onSecret(Side.SERVER, PacketType.HANDSHAKE, secret.bytes);
      case "CLIENT_TRAFFIC_SECRET_0" ->
          connection.onSecret(Side.CLIENT, PacketType.ONE_RTT, secret.bytes);
      case "SERVER_TRAFFIC_SECRET_0" ->
          connection.onSecret(Side.SERVER, PacketType.ONE_RTT, secret.bytes);
      default -> {} // Exporter secrets protect no packet.
    }
    return true;
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Secret(String label, byte[] bytes) {}

  /** A datagram of which copies are under way. */
  private static final class InFlight {
    final Datagram original;
    final List<TappedPacket> packets;
    int copies = 1;

    InFlight(Datagram original, List<TappedPacket> packets) {
      this.original = original;
      this.packets = packets;
    }
  }
}
