package dev.memux.engine.quic;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.ConnectionIdGenerator;
import dev.memux.engine.packet.ConnectionIdMap;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.KeyRing;
import dev.memux.tls.TlsClient;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsServer;
import dev.memux.tls.TlsServerConfig;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one socket: makes them, finds the one that a datagram belongs to (RFC 9000
 * §5.2), and answers what belongs to none. One thread owns it and all its connections.
 *
 * <p>For each datagram {@link #receive}; when all that has arrived is in, see to each connection
 * that was returned or {@link #pollDisplaced} returns (see {@link dev.memux.engine.Connection}),
 * and to {@link #transmitStateless}. After a connection's last event, {@link #forget} it.
 */
public final class QuicEndpoint {
  /** Length of the key that connection IDs are made with. */
  public static final int ROUTING_KEY_BYTES = ConnectionIdGenerator.KEY_BYTES;

  /** RFC 9000 §7.2: a client's first destination ID has at least so many unpredictable bytes. */
  private static final int MIN_INITIAL_DCID_BYTES = 8;

  private static final int RESET_TOKEN_BYTES = 16;

  private static final byte[] NO_TOKEN = {};

  private final QuicConfig config;
  private @Nullable TlsServerConfig serverTls;
  private final SecureRandom random;
  private final ConnectionIdGenerator generator;
  private final Mac resetTokens;
  private final ChunkPool pool = new ChunkPool();
  private final LoopBuffers buffers = new LoopBuffers();
  private final Ids ids = new Ids();
  private final ConnectionIdMap<QuicConnection> byLocalId;

  /** Server connections by what their client's first packet, after a Retry if any, went to. */
  private final ConnectionIdMap<QuicConnection> byInitialDcid;

  private final Set<QuicConnection> connections = new HashSet<>();
  private final AddressTokens tokens;
  private final HandshakeSlots handshakes;
  private final InitialAdmission admission;
  private final StatelessAnswers answers = new StatelessAnswers();

  /** Handshakes that gave way, for their owner to see to. */
  private final ArrayDeque<QuicConnection> displaced = new ArrayDeque<>();

  private final PacketHeader header = new PacketHeader();
  private boolean accepting = true;

  /** Like the other constructor, with keys for tokens that no other loop knows. */
  public QuicEndpoint(
      QuicConfig config,
      @Nullable TlsServerConfig serverTls,
      int loopIndex,
      byte[] routingKey,
      SecureRandom random) {
    this(config, serverTls, loopIndex, routingKey, newTokenKeys(random), random);
  }

  /**
   * @param serverTls null: no connections are accepted
   * @param loopIndex 0 to 255; travels, encrypted, in the connection IDs issued here
   * @param routingKey {@link #ROUTING_KEY_BYTES} secret bytes that all loops of a server share
   * @param tokenKeys of {@link #newTokenKeys}, which all loops of a server share, as they do the
   *     clock that {@code nowNanos} is read from
   * @param random for keys, connection IDs and what must not be predicted
   */
  public QuicEndpoint(
      QuicConfig config,
      @Nullable TlsServerConfig serverTls,
      int loopIndex,
      byte[] routingKey,
      KeyRing tokenKeys,
      SecureRandom random) {
    this.config = config;
    this.serverTls = serverTls;
    this.random = random;
    this.generator = new ConnectionIdGenerator(routingKey, loopIndex, random);
    this.resetTokens = resetTokenMac(routingKey);
    this.byLocalId = new ConnectionIdMap<>(random);
    this.byInitialDcid = new ConnectionIdMap<>(random);
    this.tokens = new AddressTokens(tokenKeys);
    this.handshakes = new HandshakeSlots(config.maxHandshakes());
    this.admission = new InitialAdmission(config.addressValidation(), tokens, handshakes);
  }

  /**
   * Keys for the tokens by which clients prove their addresses (RFC 9000 §8.1).
   *
   * @param random safe for use by many threads
   */
  public static KeyRing newTokenKeys(SecureRandom random) {
    return new KeyRing(AddressTokens.LATER_LIFETIME_NANOS, random);
  }

  private static Mac resetTokenMac(byte[] routingKey) {
    try {
      Mac derive = Mac.getInstance("HmacSHA256");
      derive.init(new SecretKeySpec(routingKey, "HmacSHA256"));
      byte[] key = derive.doFinal("stateless reset".getBytes(UTF_8));
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Begins a connection; its first packet is there to transmit.
   *
   * @param serverName what the server's certificate must name, also sent as SNI
   */
  public QuicConnection connect(
      TlsClientConfig tls, String serverName, InetSocketAddress remote, long nowNanos) {
    return connect(tls, serverName, remote, NO_TOKEN, nowNanos);
  }

  /**
   * Begins a connection that may do without a Retry.
   *
   * @param token of {@link dev.memux.engine.ConnectionEvent.TokenReceived} in an earlier connection
   *     to the same server, to be used once (RFC 9000 §8.1.3); or empty
   */
  public QuicConnection connect(
      TlsClientConfig tls,
      String serverName,
      InetSocketAddress remote,
      byte[] token,
      long nowNanos) {
    ConnectionId dcid = ConnectionId.random(random, MIN_INITIAL_DCID_BYTES);
    QuicConnection connection =
        new QuicConnection(
            false,
            config,
            remote,
            ids,
            ConnectionStart.ofClient(dcid, token),
            dcid,
            parameters -> new TlsClient(tls, serverName, parameters.encode(), random),
            pool,
            buffers,
            random,
            nowNanos);
    connections.add(connection);
    return connection;
  }

  /**
   * Takes one UDP payload in. Header protection is removed in place; the array is not kept.
   *
   * @return the connection that it belongs to, a new one perhaps; null: dropped, or answered
   *     without state
   */
  public @Nullable QuicConnection receive(
      InetSocketAddress remote, byte[] buffer, int offset, int length, long nowNanos) {
    int end = offset + length;
    if (!header.parse(buffer, offset, end, ConnectionIdGenerator.CONNECTION_ID_BYTES)) {
      return null;
    }
    QuicConnection connection = find(buffer);
    if (connection == null) {
      return onStranger(remote, buffer, offset, length, nowNanos);
    }
    if (!connection.remote().equals(remote)) {
      // RFC 9000 §9: we have said that we do not follow a peer to another address.
      return null;
    }
    HandshakeSlots.Stage before = connection.stage();
    connection.receive(buffer, offset, length, nowNanos);
    if (connection.isServer()) {
      handshakes.update(connection, before);
    }
    return connection;
  }

  private @Nullable QuicConnection find(byte[] buffer) {
    QuicConnection connection = byLocalId.get(buffer, header.dcidFrom(), header.dcidLength());
    return connection != null || !header.isLong()
        ? connection
        : byInitialDcid.get(buffer, header.dcidFrom(), header.dcidLength());
  }

  private @Nullable QuicConnection onStranger(
      InetSocketAddress remote, byte[] buffer, int offset, int length, long nowNanos) {
    // RFC 9000 §14.1, §6.1: a datagram too small to begin a connection is worth no answer.
    TlsServerConfig tls = serverTls;
    if (tls == null || length < QuicConfig.MIN_DATAGRAM_BYTES) {
      return null;
    }
    if (header.type() == PacketType.UNSUPPORTED_VERSION) {
      answers.addVersionNegotiation(remote, buffer, header);
      return null;
    }
    if (header.type() != PacketType.INITIAL || header.dcidLength() < MIN_INITIAL_DCID_BYTES) {
      return null;
    }
    if (!accepting) {
      answers.addRefusal(remote, buffer, header, TransportError.CONNECTION_REFUSED);
      return null;
    }
    return switch (admission.decide(remote, buffer, header, nowNanos)) {
      case InitialAdmission.Decision.Accept accepted ->
          accept(tls, accepted.start(), remote, buffer, offset, length, nowNanos);
      case InitialAdmission.Decision.DemandProof demand -> {
        demandProof(remote, buffer, demand.original(), nowNanos);
        yield null;
      }
      case InitialAdmission.Decision.RefuseToken refused -> {
        answers.addTokenRefusal(remote, buffer, offset, header);
        yield null;
      }
    };
  }

  private void demandProof(
      InetSocketAddress remote, byte[] buffer, ConnectionId original, long nowNanos) {
    if (answers.hasRoom()) {
      ConnectionId source = generator.next();
      byte[] token = tokens.forRetry(remote, original, source, nowNanos);
      answers.addRetry(remote, buffer, header, source, token);
    }
  }

  private @Nullable QuicConnection accept(
      TlsServerConfig tls,
      ConnectionStart start,
      InetSocketAddress remote,
      byte[] buffer,
      int offset,
      int length,
      long nowNanos) {
    ConnectionId scid = ConnectionId.of(buffer, header.scidFrom(), header.scidLength());
    QuicConnection connection =
        new QuicConnection(
            true,
            config,
            remote,
            ids,
            start,
            scid,
            parameters ->
                new TlsServer(tls, parameters.encode(), parameters.remembered().encode(), random),
            pool,
            buffers,
            random,
            nowNanos);
    connection.receive(buffer, offset, length, nowNanos);
    if (!connection.hasPeer()) {
      connection.release(); // not authentic: nobody's first packet
      return null;
    }
    if (handshakes.isFull()) {
      displaceHandshake();
    }
    byInitialDcid.put(start.initialDcid(), connection);
    connections.add(connection);
    handshakes.add(connection);
    return connection;
  }

  private void displaceHandshake() {
    QuicConnection oldest = handshakes.pollOldest();
    if (oldest != null) {
      oldest.giveWay();
      displaced.addLast(oldest);
    }
  }

  /**
   * A connection that ended without being touched, to be seen to like one that {@link #receive} has
   * returned: so many handshakes are under way that it gave way to a newer one.
   *
   * @return null: no more of them
   */
  public @Nullable QuicConnection pollDisplaced() {
    return displaced.pollFirst();
  }

  /**
   * Fills a batch with an answer that needs no connection.
   *
   * @return false: there is none
   */
  public boolean transmitStateless(SendBatch out) {
    return answers.transmit(out);
  }

  /**
   * The loop whose endpoint issued the connection ID that a datagram is addressed to.
   *
   * @return -1 if that cannot be told, as for a client's first packet
   */
  public int owner(byte[] buffer, int offset, int length) {
    boolean known =
        header.parse(buffer, offset, offset + length, ConnectionIdGenerator.CONNECTION_ID_BYTES)
            && header.dcidLength() == ConnectionIdGenerator.CONNECTION_ID_BYTES
            && header.type() != PacketType.INITIAL;
    return known ? generator.loopIndex(buffer, header.dcidFrom()) : -1;
  }

  /**
   * From now on handshakes begin with another configuration; those under way end as they began.
   *
   * @throws IllegalStateException if this endpoint accepts no connections
   */
  public void reload(TlsServerConfig tls) {
    if (serverTls == null) {
      throw new IllegalStateException("not a server");
    }
    serverTls = tls;
  }

  /** From now on clients are told CONNECTION_REFUSED. */
  public void stopAccepting() {
    accepting = false;
  }

  /** Drops a terminated connection. */
  public void forget(QuicConnection connection) {
    if (connections.remove(connection)) {
      if (connection.isServer()) {
        handshakes.remove(connection);
        byInitialDcid.remove(connection.start().initialDcid());
      }
      connection.release();
    }
  }

  /** Connections not forgotten yet. */
  public int connectionCount() {
    return connections.size();
  }

  /** Connection IDs that lead to a connection. */
  int connectionIdCount() {
    return byLocalId.size() + byInitialDcid.size();
  }

  private final class Ids implements ConnectionIdRegistry {
    @Override
    public ConnectionId issue(QuicConnection owner) {
      ConnectionId id = generator.next();
      byLocalId.put(id, owner);
      return id;
    }

    @Override
    public void retire(ConnectionId id) {
      byLocalId.remove(id);
    }

    @Override
    public byte[] resetToken(ConnectionId id) {
      return Arrays.copyOf(resetTokens.doFinal(id.toByteArray()), RESET_TOKEN_BYTES);
    }

    @Override
    public byte[] addressToken(InetSocketAddress client, long nowNanos) {
      return tokens.forLater(client, nowNanos);
    }
  }
}
