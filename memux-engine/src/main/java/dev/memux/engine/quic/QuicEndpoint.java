package dev.memux.engine.quic;

import static java.util.Objects.requireNonNull;

import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.ConnectionIdGenerator;
import dev.memux.engine.packet.ConnectionIdMap;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.ReservedParameter;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.tls.HandshakeCrypto;
import dev.memux.tls.KeyRing;
import dev.memux.tls.ResumableSession;
import dev.memux.tls.TlsClient;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsServer;
import dev.memux.tls.TlsServerConfig;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
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

  private static final byte[] NO_TOKEN = {};

  private final QuicConfig config;
  private final PacketProtection protection;
  private @Nullable TlsServerConfig serverTls;
  private final SecureRandom random;
  private final int loopIndex;
  private final StatelessResets resets;
  private final ExpectedResets expectedResets;
  private final ChunkPool pool;
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
  private RoutingKey routing;

  /** Of connection IDs that peers may still use. */
  private @Nullable RoutingKey previousRouting;

  private Supplier<HandshakeCrypto> crypto = () -> HandshakeCrypto.JDK;
  private boolean accepting = true;

  /** Somebody else runs {@link QuicConnection#takeHandshakeWork}. */
  private boolean leavesHandshakeWork;

  /**
   * Like the other constructor, with keys for tokens that no other loop knows, the JDK's ciphers,
   * and memory without bound.
   */
  public QuicEndpoint(
      QuicConfig config,
      @Nullable TlsServerConfig serverTls,
      int loopIndex,
      byte[] routingKey,
      SecureRandom random) {
    this(
        config,
        serverTls,
        loopIndex,
        routingKey,
        newTokenKeys(random),
        PacketProtection.JDK,
        random,
        MemoryBudget.UNLIMITED);
  }

  /**
   * @param serverTls null: no connections are accepted
   * @param loopIndex 0 to 255; travels, encrypted, in the connection IDs issued here
   * @param routingKey {@link #ROUTING_KEY_BYTES} secret bytes that all loops of a server share. Who
   *     starts again with the same key tells peers of connections that it has lost so (RFC 9000
   *     §10.3); for that reason no other server may have the key at the same time
   * @param tokenKeys of {@link #newTokenKeys}, which all loops of a server share, as they do the
   *     clock that {@code nowNanos} is read from
   * @param protection of this endpoint's thread: what its connections' keys are for
   * @param random for keys, connection IDs and what must not be predicted
   * @param memory what the connections of all endpoints of the process share
   */
  public QuicEndpoint(
      QuicConfig config,
      @Nullable TlsServerConfig serverTls,
      int loopIndex,
      byte[] routingKey,
      KeyRing tokenKeys,
      PacketProtection protection,
      SecureRandom random,
      MemoryBudget memory) {
    this.pool = new ChunkPool(memory);
    this.config = config;
    this.protection = protection;
    this.serverTls = serverTls;
    this.random = random;
    this.loopIndex = loopIndex;
    this.routing = new RoutingKey(routingKey, loopIndex, random);
    this.resets = new StatelessResets(random);
    this.expectedResets = new ExpectedResets(random);
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

  /**
   * From now on connection IDs are made with another key, and peers are asked to use such ones:
   * each connection has something to transmit. IDs made with the key before are understood; those
   * made with earlier ones are not, so all peers must have had time to answer.
   */
  public void replaceRoutingKey(byte[] key) {
    RoutingKey next = new RoutingKey(key, loopIndex, random);
    previousRouting = routing;
    routing = next;
    connections.forEach(QuicConnection::replaceConnectionIds);
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
    ConnectionId dcid = ConnectionId.random(random, ConnectionStart.MIN_INITIAL_DCID_BYTES);
    ResumableSession session = TlsClient.takeSession(tls, serverName);
    VersionedToken kept = VersionedToken.decode(token);
    QuicVersion begun = config.versions().first(session, kept);
    QuicConnection connection =
        new QuicConnection(
            false,
            config,
            protection,
            remote,
            ids,
            ConnectionStart.ofClient(dcid, begun == kept.version() ? kept.token() : NO_TOKEN),
            dcid,
            begun,
            (version, parameters) ->
                newClient(tls, serverName, session, version.begun(), parameters),
            pool,
            buffers,
            random,
            nowNanos);
    add(connection);
    return connection;
  }

  /** RFC 9369 §5: with a session of the version that the client begins in, or none. */
  private TlsClient newClient(
      TlsClientConfig tls,
      String serverName,
      @Nullable ResumableSession session,
      QuicVersion version,
      TransportParameters parameters) {
    boolean resumes = session != null && session.quicVersion() == version.code();
    return new TlsClient(
        tls,
        serverName,
        ReservedParameter.random(random).appendTo(parameters.encode()),
        resumes ? session : null,
        version.code(),
        crypto.get(),
        random);
  }

  /** Takes one UDP payload in whose IP header nobody has looked at. */
  public @Nullable QuicConnection receive(
      InetSocketAddress remote, byte[] buffer, int offset, int length, long nowNanos) {
    return receive(remote, buffer, offset, length, 0, nowNanos);
  }

  /**
   * Takes one UDP payload in. Header protection is removed in place; the array is not kept.
   *
   * @param ecn the codepoint in the IP header (RFC 3168 §5), which the peer is told (RFC 9000
   *     §13.4.1); 0 where it is not known
   * @return the connection that it belongs to, a new one perhaps; null: dropped, or answered
   *     without state
   */
  public @Nullable QuicConnection receive(
      InetSocketAddress remote, byte[] buffer, int offset, int length, int ecn, long nowNanos) {
    int end = offset + length;
    if (!header.parse(buffer, offset, end, ConnectionIdGenerator.CONNECTION_ID_BYTES)) {
      return onReset(remote, buffer, offset, end, nowNanos);
    }
    QuicConnection connection = find(buffer);
    if (connection == null) {
      connection = onReset(remote, buffer, offset, end, nowNanos);
      return connection != null
          ? connection
          : onStranger(remote, buffer, offset, length, ecn, nowNanos);
    }
    if (!connection.mayComeFrom(remote)) {
      return null;
    }
    HandshakeSlots.Stage before = connection.stage();
    connection.receive(remote, buffer, offset, length, ecn, nowNanos);
    seeToHandshake(connection, before, nowNanos);
    return connection;
  }

  /**
   * From now on handshakes begin with what {@code crypto} gives for their public and private keys;
   * otherwise those are the JDK's matter.
   */
  public void shakeHandsBy(Supplier<HandshakeCrypto> crypto) {
    this.crypto = crypto;
  }

  /**
   * From now on the caller runs what {@link QuicConnection#takeHandshakeWork} gives, on another
   * thread perhaps. Otherwise this endpoint does so at once.
   */
  public void leaveHandshakeWork() {
    leavesHandshakeWork = true;
  }

  /**
   * What {@link QuicConnection#takeHandshakeWork} gave has run. The connection is to be seen to as
   * after {@link #receive}.
   */
  public void onHandshakeWorkDone(QuicConnection connection, long nowNanos) {
    HandshakeSlots.Stage before = connection.stage();
    connection.onHandshakeWorkDone(nowNanos);
    seeToHandshake(connection, before, nowNanos);
  }

  private void seeToHandshake(
      QuicConnection connection, HandshakeSlots.Stage before, long nowNanos) {
    if (!leavesHandshakeWork) {
      for (Runnable work; (work = connection.takeHandshakeWork()) != null; ) {
        work.run();
        connection.onHandshakeWorkDone(nowNanos);
      }
    }
    if (connection.isServer()) {
      handshakes.update(connection, before);
    }
  }

  private @Nullable QuicConnection find(byte[] buffer) {
    QuicConnection connection = byLocalId.get(buffer, header.dcidFrom(), header.dcidLength());
    return connection != null || !header.isLong()
        ? connection
        : byInitialDcid.get(buffer, header.dcidFrom(), header.dcidLength());
  }

  /**
   * RFC 9000 §10.3.1: a stateless reset goes to no connection ID of ours; its last bytes tell whose
   * connection it ends.
   */
  private @Nullable QuicConnection onReset(
      InetSocketAddress remote, byte[] buffer, int offset, int end, long nowNanos) {
    QuicConnection connection = expectedResets.find(remote, buffer, offset, end);
    if (connection != null) {
      connection.onStatelessReset(nowNanos);
    }
    return connection;
  }

  private @Nullable QuicConnection onStranger(
      InetSocketAddress remote, byte[] buffer, int offset, int length, int ecn, long nowNanos) {
    if (!header.isLong()) {
      answerReset(remote, buffer, length, nowNanos);
      return null;
    }
    // RFC 9000 §14.1, §6.1: a datagram too small to begin a connection is worth no answer.
    TlsServerConfig tls = serverTls;
    if (tls == null || length < QuicConfig.MIN_DATAGRAM_BYTES) {
      return null;
    }
    if (header.type() != PacketType.VERSION_NEGOTIATION
        && !config.versions().speaks(header.quicVersion())) {
      answers.addVersionNegotiation(remote, buffer, header, config.versions().versions(), random);
      return null;
    }
    if (header.type() != PacketType.INITIAL
        || header.dcidLength() < ConnectionStart.MIN_INITIAL_DCID_BYTES) {
      return null;
    }
    if (!accepting || !pool.budget().hasRoomForConnection()) {
      answers.addRefusal(remote, buffer, header, TransportError.CONNECTION_REFUSED);
      return null;
    }
    return switch (admission.decide(remote, buffer, header, nowNanos)) {
      case InitialAdmission.Decision.Accept accepted ->
          accept(tls, accepted.start(), remote, buffer, offset, length, ecn, nowNanos);
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

  /** The packet is for a connection that was here once, as its ID shows, and is gone. */
  private void answerReset(
      InetSocketAddress remote, byte[] buffer, int datagramBytes, long nowNanos) {
    RoutingKey issuer = issuer(buffer, header.dcidFrom());
    if (issuer != null
        && StatelessResets.mayAnswer(datagramBytes)
        && answers.hasRoom()
        && resets.take(nowNanos)) {
      ConnectionId id = ConnectionId.of(buffer, header.dcidFrom(), header.dcidLength());
      answers.addStatelessReset(remote, resets.write(issuer.resetToken(id), datagramBytes));
    }
  }

  /** The key that an ID was made with; null: it is none of ours. */
  private @Nullable RoutingKey issuer(byte[] buffer, int idFrom) {
    RoutingKey previous = previousRouting;
    if (routing.loopIndex(buffer, idFrom) >= 0) {
      return routing;
    }
    return previous != null && previous.loopIndex(buffer, idFrom) >= 0 ? previous : null;
  }

  private void demandProof(
      InetSocketAddress remote, byte[] buffer, ConnectionId original, long nowNanos) {
    if (answers.hasRoom()) {
      ConnectionId source = routing.nextId();
      QuicVersion version = requireNonNull(header.quicVersion());
      byte[] token = tokens.forRetry(version, remote, original, source, nowNanos);
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
      int ecn,
      long nowNanos) {
    ConnectionId scid = ConnectionId.of(buffer, header.scidFrom(), header.scidLength());
    QuicConnection connection =
        new QuicConnection(
            true,
            config,
            protection,
            remote,
            ids,
            start,
            scid,
            requireNonNull(header.quicVersion()),
            (version, parameters) ->
                new TlsServer(
                    tls, new ServerTerms(version, parameters, random), crypto.get(), random),
            pool,
            buffers,
            random,
            nowNanos);
    connection.receive(remote, buffer, offset, length, ecn, nowNanos);
    if (!connection.hasPeer()) {
      connection.release(); // not authentic: nobody's first packet
      return null;
    }
    if (handshakes.isFull()) {
      displaceHandshake();
    }
    byInitialDcid.put(start.initialDcid(), connection);
    add(connection);
    handshakes.add(connection);
    seeToHandshake(connection, connection.stage(), nowNanos);
    return connection;
  }

  private void add(QuicConnection connection) {
    connections.add(connection);
    pool.budget().addConnections(1);
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
    if (known && byLocalId.get(buffer, header.dcidFrom(), header.dcidLength()) != null) {
      return loopIndex; // most are: that costs less than to decrypt the ID
    }
    RoutingKey issuer = known ? issuer(buffer, header.dcidFrom()) : null;
    return issuer == null ? -1 : issuer.loopIndex(buffer, header.dcidFrom());
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
      pool.budget().addConnections(-1);
      if (connection.isServer()) {
        handshakes.remove(connection);
        byInitialDcid.remove(connection.start().initialDcid());
      }
      connection.release();
    }
  }

  /** What its connections share with those of other endpoints. */
  public MemoryBudget memory() {
    return pool.budget();
  }

  /** Connections not forgotten yet. */
  public int connectionCount() {
    return connections.size();
  }

  /** Connection IDs that lead to a connection. */
  int connectionIdCount() {
    return byLocalId.size() + byInitialDcid.size();
  }

  /** Tokens of peers' stateless resets that would end a connection. */
  int expectedResetCount() {
    return expectedResets.size();
  }

  private final class Ids implements ConnectionIdRegistry {
    @Override
    public ConnectionId issue(QuicConnection owner) {
      ConnectionId id = routing.nextId();
      byLocalId.put(id, owner);
      return id;
    }

    @Override
    public void retire(ConnectionId id) {
      byLocalId.remove(id);
    }

    @Override
    public byte[] resetToken(ConnectionId id) {
      return routing.resetToken(id);
    }

    @Override
    public void expectReset(InetSocketAddress remote, byte[] token, QuicConnection owner) {
      expectedResets.add(remote, token, owner);
    }

    @Override
    public void ignoreReset(InetSocketAddress remote, byte[] token) {
      expectedResets.remove(remote, token);
    }

    @Override
    public byte[] addressToken(QuicVersion version, InetSocketAddress client, long nowNanos) {
      return tokens.forLater(version, client, nowNanos);
    }
  }
}
