package dev.memux.sim.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.InitialSecrets;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketType;
import dev.memux.tls.CipherSuite;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
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
  private final Set<ConnectionId> retrySources = new HashSet<>();
  private @Nullable String clientRandom;
  private @Nullable CipherSuite suite;
  private @Nullable CipherSuite firstOffered;

  TappedConnection(
      InetSocketAddress client, InetSocketAddress server, ConnectionId firstDestination) {
    this.client = client;
    this.server = server;
    this.firstDestination = firstDestination;
    for (Side side : Side.values()) {
      keys.put(side, new EnumMap<>(PacketType.class));
    }
    makeInitialKeys(firstDestination);
  }

  private void makeInitialKeys(ConnectionId destination) {
    keys.forEach(
        (side, ofSide) -> {
          byte[] secret =
              side == Side.CLIENT
                  ? InitialSecrets.client(destination)
                  : InitialSecrets.server(destination);
          Keys fresh = new Keys(InitialSecrets.SUITE, secret);
          Keys before = ofSide.put(PacketType.INITIAL, fresh);
          if (before != null) {
            fresh.onSent(before.largestSent); // RFC 9000 §17.2.5.3: packet numbers go on
          }
        });
  }

  /** A Retry tells the client to go elsewhere, which it may or may not hear. */
  void onRetry(ConnectionId source) {
    retrySources.add(source);
  }

  /** An Initial of the client's went there: after a Retry, under other keys (RFC 9001 §5.2). */
  void onInitialDestination(ConnectionId destination) {
    if (retrySources.contains(destination)) {
      retrySources.clear(); // RFC 9000 §17.2.5.2: it listens to one Retry at most
      makeInitialKeys(destination);
    }
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

  @Nullable Keys keys(Side sender, PacketType type) {
    Map<PacketType, Keys> ofSide = keys.get(sender);
    return ofSide == null ? null : ofSide.get(type);
  }

  /** The beginning of an Initial's CRYPTO stream: the hello messages tell random and suite. */
  void onHello(Side sender, byte[] message, int from, int length) {
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
    ofClient.putIfAbsent(PacketType.ZERO_RTT, new Keys(firstOffered, secret));
    return true;
  }

  /** A secret of this connection from a key log. */
  void onSecret(Side sender, PacketType type, byte[] secret) {
    Map<PacketType, Keys> ofSide = keys.get(sender);
    if (ofSide != null && suite != null) {
      Keys fresh = new Keys(suite, secret);
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

    Keys(CipherSuite suite, byte[] secret) {
      current = new PacketOpener(suite, secret);
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
