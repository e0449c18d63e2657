package dev.memux.sim.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.InitialSecrets;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.CipherSuite;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the tap knows of one connection: who it joins, and its keys. */
public final class TappedConnection {
  private static final int CLIENT_HELLO = 1;
  private static final int SERVER_HELLO = 2;
  private static final int RANDOM_FROM = 6;
  private static final int RANDOM_BYTES = 32;

  private final InetSocketAddress client;
  private final InetSocketAddress server;
  private final ConnectionId firstDestination;
  private final Map<Side, Map<PacketType, Keys>> keys = new EnumMap<>(Side.class);

  /** Of Initial packets, which may be of two versions while that is negotiated. */
  private final Map<Side, Map<QuicVersion, Keys>> initialKeys = new EnumMap<>(Side.class);

  private final Set<ConnectionId> retrySources = new HashSet<>();
  private ConnectionId initialDestination;
  private QuicVersion begun;
  private QuicVersion negotiated;
  private boolean restarted;
  private @Nullable String clientRandom;
  private @Nullable CipherSuite suite;
  private @Nullable CipherSuite firstOffered;

  TappedConnection(
      InetSocketAddress client,
      InetSocketAddress server,
      ConnectionId firstDestination,
      QuicVersion begun) {
    this.client = client;
    this.server = server;
    this.firstDestination = firstDestination;
    this.initialDestination = firstDestination;
    this.begun = begun;
    this.negotiated = begun;
    for (Side side : Side.values()) {
      keys.put(side, new EnumMap<>(PacketType.class));
      initialKeys.put(side, new EnumMap<>(QuicVersion.class));
    }
  }

  /** RFC 9000 §17.2.5.3: other keys, but packet numbers go on. */
  private Keys newInitialKeys(Side sender, QuicVersion version, Map<QuicVersion, Keys> ofSide) {
    byte[] secret =
        sender == Side.CLIENT
            ? InitialSecrets.client(version, initialDestination)
            : InitialSecrets.server(version, initialDestination);
    Keys fresh = new Keys(version, InitialSecrets.SUITE, secret);
    ofSide.values().forEach(before -> fresh.onSent(before.largestSent));
    return fresh;
  }

  private Keys initialKeys(Side sender, QuicVersion version) {
    Map<QuicVersion, Keys> ofSide = Objects.requireNonNull(initialKeys.get(sender));
    Keys known = ofSide.get(version);
    if (known == null || !known.destination.equals(initialDestination)) {
      known = newInitialKeys(sender, version, ofSide);
      known.destination = initialDestination;
      ofSide.put(version, known);
    }
    return known;
  }

  /** A Retry tells the client to go elsewhere, which it may or may not hear. */
  void onRetry(ConnectionId source) {
    retrySources.add(source);
  }

  /** An Initial of the client's went there: after a Retry, under other keys (RFC 9001 §5.2). */
  void onInitialDestination(ConnectionId destination) {
    if (retrySources.contains(destination)) {
      retrySources.clear(); // RFC 9000 §17.2.5.2: it listens to one Retry at most
      initialDestination = destination;
    }
  }

  /** The client has begun again, elsewhere and in another version (RFC 9368 §2.1). */
  void onRestart(ConnectionId destination, QuicVersion version) {
    initialDestination = destination;
    begun = version;
    negotiated = version;
    restarted = true;
  }

  /**
   * The version of the client's first packets, those after Version Negotiation if there was one.
   */
  public QuicVersion begun() {
    return begun;
  }

  /** The version that the server has answered in. */
  public QuicVersion negotiated() {
    return negotiated;
  }

  /** Whether the client has begun again in another version. */
  public boolean isRestarted() {
    return restarted;
  }

  /** Where the client was at first. */
  public InetSocketAddress client() {
    return client;
  }

  public InetSocketAddress server() {
    return server;
  }

  /** What the client's first packet went to, which names the connection. */
  public ConnectionId firstDestination() {
    return firstDestination;
  }

  /**
   * The client's random in hexadecimal, by which key logs name connections; null before its
   * ClientHello.
   */
  @Nullable String clientRandom() {
    return clientRandom;
  }

  /** The keys of a packet; null: unknown yet, or of a version that it must not have. */
  @Nullable Keys keys(Side sender, PacketType type, @Nullable QuicVersion version) {
    if (type == PacketType.INITIAL && version != null) {
      return initialKeys(sender, version);
    }
    // RFC 9369 §4.1
    QuicVersion due = type == PacketType.ZERO_RTT ? begun : negotiated;
    if (version != null && version != due) {
      return null;
    }
    Map<PacketType, Keys> ofSide = keys.get(sender);
    return ofSide == null ? null : ofSide.get(type);
  }

  /** The beginning of an Initial's CRYPTO stream: the hello messages tell random and suite. */
  void onHello(Side sender, QuicVersion version, byte[] message, int from, int length) {
    if (sender == Side.SERVER) {
      negotiated = version; // RFC 9369 §4.1: that of all its handshake data
    }
    if (sender == Side.CLIENT
        && length >= RANDOM_FROM + RANDOM_BYTES
        && message[from] == CLIENT_HELLO) {
      clientRandom =
          HexFormat.of().formatHex(message, from + RANDOM_FROM, from + RANDOM_FROM + RANDOM_BYTES);
      int sessionIdFrom = from + RANDOM_FROM + RANDOM_BYTES;
      // Behind the session ID and the length of the list.
      firstOffered = suite(message, sessionIdFrom + 1 + message[sessionIdFrom] + 2);
    } else if (sender == Side.SERVER && message[from] == SERVER_HELLO) {
      int suiteFrom = from + RANDOM_FROM + RANDOM_BYTES;
      suiteFrom += 1 + message[suiteFrom];
      suite = suite(message, suiteFrom);
    }
  }

  private static @Nullable CipherSuite suite(byte[] message, int from) {
    int code = ((message[from] & 0xff) << 8) | (message[from + 1] & 0xff);
    for (CipherSuite candidate : CipherSuite.values()) {
      if (candidate.code() == code) {
        return candidate;
      }
    }
    return null;
  }

  /**
   * The secret of early data; its suite is that of an earlier session, taken to be the client's
   * first.
   *
   * @return false: come again when the ClientHello is known
   */
  boolean onEarlySecret(byte[] secret) {
    Map<PacketType, Keys> ofClient = keys.get(Side.CLIENT);
    if (firstOffered == null || ofClient == null) {
      return false;
    }
    ofClient.putIfAbsent(PacketType.ZERO_RTT, new Keys(begun, firstOffered, secret));
    return true;
  }

  /** A secret of this connection from a key log. */
  void onSecret(Side sender, PacketType type, byte[] secret) {
    Map<PacketType, Keys> ofSide = keys.get(sender);
    if (ofSide != null && suite != null) {
      Keys fresh = new Keys(negotiated, suite, secret);
      Keys early = ofSide.get(PacketType.ZERO_RTT);
      if (type == PacketType.ONE_RTT && early != null) {
        fresh.onSent(early.largestSent); // RFC 9000 §12.3: the same numbers
      }
      ofSide.putIfAbsent(type, fresh);
    }
  }

  boolean hasSuite() {
    return suite != null;
  }

  @Override
  public String toString() {
    return client + " to " + server;
  }

  /**
   * The keys of what one side sends in one packet number space, and how far its numbers have come.
   */
  static final class Keys {
    private PacketOpener current;
    private boolean phase;
    private long largestSent = -1;

    /** Of Initial keys: what they are made of. */
    private ConnectionId destination = ConnectionId.EMPTY;

    Keys(QuicVersion version, CipherSuite suite, byte[] secret) {
      current = new PacketOpener(PacketProtection.JDK, version, suite, secret);
    }

    /** Decrypts; follows key updates. The length of the payload, -1: these keys do not open it. */
    int open(byte[] d, int from, int numberFrom, int end, boolean mayUpdate, byte[] plaintext) {
      if (!current.unprotect(d, from, numberFrom, end, largestSent)) {
        return -1;
      }
      if (!mayUpdate || current.keyPhase() == phase) {
        return current.decrypt(d, plaintext, 0);
      }
      PacketOpener next = current.next();
      int length = next.decrypt(d, plaintext, 0);
      if (length >= 0) {
        current = next;
        phase = !phase;
      }
      return length;
    }

    long packetNumber() {
      return current.packetNumber();
    }

    /** The key phase so far; false of what has none. */
    boolean phase() {
      return phase;
    }

    void onSent(long number) {
      largestSent = Math.max(largestSent, number);
    }
  }
}
