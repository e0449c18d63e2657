package dev.memux.engine.quic;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.Connection;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.mux.Mux;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.recovery.DatagramSizeSearch;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.recovery.Recovery;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VarInt;
import dev.memux.engine.wire.VersionInformation;
import dev.memux.tls.TlsHandshake;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One QUIC connection (RFC 9000), made by a {@link QuicEndpoint}. It puts its parts together:
 * {@link PacketReceiver} takes datagrams apart, {@link Handshake} makes keys, {@link Mux} has the
 * streams, {@link Recovery} knows what became of packets, {@link Transmitter} sends new ones,
 * {@link Closing} ends it all.
 */
public final class QuicConnection implements Connection {
  /** Tokens that a client takes from one connection; more would be of no use. */
  static final int MAX_TOKENS = 4;

  private final boolean server;
  private final QuicConfig config;
  private final MuxConfig muxConfig;
  private final ConnectionIdRegistry registry;
  private final ConnectionStart start;
  private final ConnectionVersion version;
  private final InitialKeys initialKeys;
  private final FirstFlight firstFlight;
  private final FixedBit fixedBit;
  private final PacketNumberSpace[] spaces = new PacketNumberSpace[PacketSpace.values().length];
  private final Mux mux;
  private final Recovery recovery;
  private final ZeroRtt zeroRtt;
  private final Handshake handshake;
  private final LocalConnectionIds localIds;
  private final PeerConnectionIds peerIds;
  private final OutgoingFrames outgoing;
  private final HandshakeProgress progress;
  private final PacketReceiver receiver;
  private final Transmitter transmitter;
  private final Paths paths;
  private final IdleTimer idleTimer;
  private final ArrayDeque<ConnectionEvent> events = new ArrayDeque<>(1);
  private final Closing closing;
  private final ConnectionCounters counters = new ConnectionCounters();

  private @Nullable Object attachment;
  private long receivedAtNanos;
  private int tokensReceived;

  /**
   * @param peerId what our packets go to at first
   * @param begun the version of the client's first packets
   */
  QuicConnection(
      boolean server,
      QuicConfig config,
      PacketProtection protection,
      InetSocketAddress remote,
      ConnectionIdRegistry registry,
      ConnectionStart start,
      ConnectionId peerId,
      QuicVersion begun,
      TlsStart tls,
      ChunkPool pool,
      LoopBuffers buffers,
      RandomGenerator random,
      long nowNanos) {
    this.server = server;
    this.config = config;
    this.registry = registry;
    this.start = start;
    this.version = new ConnectionVersion(config.versions(), begun, random);
    this.fixedBit = new FixedBit(random);
    for (PacketSpace space : PacketSpace.values()) {
      spaces[space.ordinal()] =
          new PacketNumberSpace(space, LocalParameters.MAX_ACK_DELAY_NANOS, pool);
    }
    this.initialKeys = new InitialKeys(protection, initialSpace(), server, version);
    this.muxConfig = config.mux().under(pool.budget().pressure());
    this.mux = new Mux(server, muxConfig, pool);
    this.closing = new Closing(mux, events);
    this.localIds = new LocalConnectionIds(registry, this);
    this.peerIds = new PeerConnectionIds(peerId);
    this.paths =
        new Paths(
            !server || start.isAddressValidated(),
            this,
            remote,
            registry,
            peerIds,
            random,
            new PathSteps());
    this.outgoing = new OutgoingFrames(spaces, mux, localIds, peerIds, paths);
    this.recovery =
        new Recovery(
            server,
            config.congestion().newController(config.datagramBytes()),
            new DatagramSizeSearch(config.datagramBytes(), config.maxDatagramBytes()),
            outgoing);
    this.idleTimer = new IdleTimer(config.maxIdleTimeoutNanos(), config.keepAliveNanos(), nowNanos);
    this.receivedAtNanos = nowNanos;
    this.zeroRtt =
        new ZeroRtt(
            spaces[PacketSpace.APPLICATION.ordinal()],
            spaces[PacketSpace.HANDSHAKE.ordinal()],
            mux);
    TlsHandshake machine = newTls(tls);
    this.receiver = new PacketReceiver(this, buffers, nowNanos);
    this.transmitter =
        new Transmitter(
            this, config, closing, idleTimer, counters, buffers, new PacketNumberSkipper(random));
    this.progress =
        new HandshakeProgress(
            this, config, registry, receiver, transmitter, idleTimer, events, nowNanos);
    this.handshake = new Handshake(machine, server, protection, version, spaces, zeroRtt, progress);
    this.firstFlight =
        new FirstFlight(
            this,
            version,
            initialKeys,
            random,
            server ? null : () -> handshake.restart(newTls(tls)));
    initialKeys.make(start.initialDcid());
    handshake.start();
  }

  /** Makes the handshake, given our version and transport parameters. */
  interface TlsStart {
    TlsHandshake begin(ConnectionVersion version, TransportParameters parameters);
  }

  private TlsHandshake newTls(TlsStart tls) {
    try {
      return tls.begin(
          version,
          server
              ? LocalParameters.ofServer(config, muxConfig, localIds, start)
              : LocalParameters.ofClient(config, muxConfig, localIds)
                  .withVersion(version.information(version.begun())));
    } catch (RuntimeException e) {
      localIds.retireAll(); // nobody gets this connection, and so nobody can forget it
      throw e;
    }
  }

  // What the application's side sees.

  @Override
  public Mux mux() {
    return mux;
  }

  @Override
  public boolean isServer() {
    return server;
  }

  @Override
  public boolean isTerminated() {
    return closing.isTerminated();
  }

  @Override
  public @Nullable Object attachment() {
    return attachment;
  }

  @Override
  public void attach(@Nullable Object object) {
    attachment = object;
  }

  @Override
  public @Nullable ConnectionEvent pollEvent() {
    return events.pollFirst();
  }

  /**
   * Whether an application should hear of a connection that it did not open: streams can be used,
   * or it was ended for a reason that may interest. A handshake that is under way, or was never
   * finished, may be an attacker's (RFC 9000 §21.3) and is not worth an object.
   */
  public boolean concernsApplication() {
    return handshake.isComplete()
        || zeroRtt.isAccepted()
        || !(closing.isOpen() || closing.isTerminated());
  }

  /** The peer's address: where packets go now. */
  public InetSocketAddress remote() {
    return paths.active().remote();
  }

  /**
   * Has the peer use new connection IDs of ours instead of all that it knows (RFC 9000 §5.1.2).
   * Something is there to transmit.
   */
  public void replaceConnectionIds() {
    localIds.replaceAll();
  }

  @Override
  public @Nullable TransportParameters peerParameters() {
    return progress.peerParameters();
  }

  @Override
  public ConnectionStatistics statistics() {
    return counters.statistics(
        version.current().code(),
        receiver.packetsDropped(),
        transmitter.datagramBytes(),
        recovery,
        mux);
  }

  @Override
  public void close(long code, String reason, long nowNanos) {
    if (code < 0 || code > VarInt.MAX) {
      throw new IllegalArgumentException("error code " + code);
    }
    close(new CloseReason(Origin.LOCAL, true, code, 0, reason), nowNanos);
  }

  private void close(CloseReason reason, long nowNanos) {
    closing.close(reason, ptoNanos(), nowNanos);
  }

  /** The endpoint has forgotten the connection: its memory and its IDs go. */
  void release() {
    mux.release();
    localIds.retireAll();
    paths.release();
    zeroRtt.discard();
    initialKeys.discard();
    for (PacketNumberSpace space : spaces) {
      space.discard();
    }
  }

  // Input.

  /**
   * Whether a datagram from that address can be the peer's. RFC 9000 §9: a client discards what
   * comes from where the server is not known to be; a client's own address does not change during
   * the handshake. After its end a connection answers no address that it has not heard of.
   */
  boolean mayComeFrom(InetSocketAddress from) {
    return (server && progress.isConfirmed() && closing.isOpen()) || paths.isKnown(from);
  }

  /** One datagram from an address that it {@linkplain #mayComeFrom may come from}. */
  void receive(
      InetSocketAddress remote, byte[] buffer, int from, int length, int ecn, long nowNanos) {
    counters.onDatagramReceived(length);
    receivedAtNanos = nowNanos;
    paths.onDatagram(remote, length);
    if (!closing.isOpen()) {
      onDatagramAfterEnd(buffer, from, length, nowNanos);
      return;
    }
    try {
      receiver.onDatagram(buffer, from, from + length, ecn, nowNanos);
      while (closing.isOpen() && progress.takeNewKeys()) {
        receiver.retryEarlyPackets(nowNanos);
      }
    } catch (ProtocolException e) {
      onProtocolError(e, nowNanos);
    }
    onInput(nowNanos);
  }

  private void onInput(long nowNanos) {
    transmitter.updateAmplificationLimit(nowNanos);
    long rttNanos = recovery.rtt().smoothedNanos();
    mux.onPath(rttNanos, recovery.windowBytes());
    outgoing.ackFrequency().onPath(rttNanos, recovery.windowBytes(), transmitter.datagramBytes());
    reportLimit(StreamType.BIDIRECTIONAL);
    reportLimit(StreamType.UNIDIRECTIONAL);
  }

  /**
   * What the handshake has to compute before it can go on: signatures, keys, judgements of
   * certificates. It touches nothing of the connection's, so that another thread may run it; the
   * connection goes on meanwhile. To be asked for after each {@link QuicEndpoint#receive} and
   * {@link QuicEndpoint#onHandshakeWorkDone}, which is to be called when it has run.
   *
   * @return null: nothing, or the endpoint sees to it (see {@link QuicEndpoint#leaveHandshakeWork})
   */
  public @Nullable Runnable takeHandshakeWork() {
    return closing.isOpen() ? handshake.takeWork() : null;
  }

  /** What {@link #takeHandshakeWork} gave has been run. */
  void onHandshakeWorkDone(long nowNanos) {
    if (!closing.isOpen()) {
      return;
    }
    try {
      handshake.onWorkDone();
      while (closing.isOpen() && progress.takeNewKeys()) {
        receiver.retryEarlyPackets(nowNanos);
      }
    } catch (ProtocolException e) {
      onProtocolError(e, nowNanos);
    }
    onInput(nowNanos);
  }

  private void onDatagramAfterEnd(byte[] buffer, int from, int length, long nowNanos) {
    if (!closing.isClosing()) {
      return;
    }
    if (paths.isStatelessReset(buffer, from, from + length)) {
      onStatelessReset(nowNanos);
    } else {
      closing.onDatagram();
    }
  }

  private void onProtocolError(ProtocolException e, long nowNanos) {
    close(new CloseReason(Origin.LOCAL, false, e.code(), e.frameType(), e.reason()), nowNanos);
  }

  private void reportLimit(StreamType type) {
    if (mux.takeLimitRose(type) && handshake.isComplete()) {
      events.addLast(new ConnectionEvent.StreamsAvailable(type));
    }
  }

  @Override
  public void onTimeout(long nowNanos) {
    if (!closing.isOpen()) {
      closing.onTimeout(nowNanos);
      return;
    }
    if (nowNanos >= idleTimer.silenceDeadlineNanos(ptoNanos())) {
      closing.terminate(
          new CloseReason(Origin.CARRIER_LOST, false, 0, 0, "the peer does not answer any more"));
    } else if (nowNanos >= idleTimer.deadlineNanos(ptoNanos())) {
      closing.terminate(new CloseReason(Origin.IDLE_TIMEOUT, false, 0, 0, ""));
    } else if (nowNanos >= progress.deadlineNanos()) {
      closing.terminate(new CloseReason(Origin.HANDSHAKE_TIMEOUT, false, 0, 0, ""));
    } else {
      paths.onTimeout(nowNanos);
      recovery.onTimeout(nowNanos);
      if (nowNanos >= idleTimer.keepAliveDeadlineNanos()) {
        outgoing.addPing();
        idleTimer.onKeepAlive(nowNanos);
      }
    }
  }

  @Override
  public long deadlineNanos() {
    if (!closing.isOpen()) {
      return closing.deadlineNanos();
    }
    long deadline = Math.min(recovery.deadlineNanos(), idleTimer.deadlineNanos(ptoNanos()));
    deadline = Math.min(deadline, idleTimer.silenceDeadlineNanos(ptoNanos()));
    deadline = Math.min(deadline, idleTimer.keepAliveDeadlineNanos());
    deadline = Math.min(deadline, progress.deadlineNanos());
    deadline = Math.min(deadline, paths.deadlineNanos());
    return Math.min(deadline, transmitter.deadlineNanos());
  }

  long ptoNanos() {
    return recovery.ptoNanos(PacketSpace.APPLICATION);
  }

  // Output.

  /**
   * Fills one batch of datagrams, all for one of the peer's addresses.
   *
   * @return false: nothing to send before {@link #deadlineNanos} or further input
   */
  public boolean transmit(SendBatch out, long nowNanos) {
    return transmitter.transmit(out, nowNanos);
  }

  /**
   * Begins to use new 1-RTT keys. It does so by itself before a key is used up.
   *
   * @return false if that is not allowed yet (RFC 9001 §6.1, §6.5)
   */
  public boolean updateKeys(long nowNanos) {
    return spaces[PacketSpace.APPLICATION.ordinal()].keyPhases.update(
        recovery.largestAcked(PacketSpace.APPLICATION), nowNanos);
  }

  // What the parts of this package ask and tell.

  /** A packet of the peer's was authenticated and will be processed. */
  void onAuthenticated(PacketNumberSpace space, long nowNanos) {
    counters.onPacketReceived();
    idleTimer.onReceived(nowNanos);
    if (server && space.space == PacketSpace.HANDSHAKE) {
      // RFC 9000 §8.1, RFC 9001 §4.9.1: only who receives our packets has Handshake keys.
      progress.onAddressValidated();
      discard(PacketSpace.INITIAL, nowNanos);
    }
  }

  /** A newer handshake needs the room. */
  void giveWay() {
    closing.terminate(
        new CloseReason(Origin.HANDSHAKE_TIMEOUT, false, 0, 0, "gave way to newer handshakes"));
  }

  /** The peer's first packet says what it calls itself (RFC 9000 §7.2). */
  void onPeerSource(ConnectionId source) {
    paths.onFirstPeerId(peerIds.onPeerChosen(source));
  }

  /** A token for the next connection. */
  void onNewToken(byte[] token) {
    if (token.length <= ConnectionStart.MAX_TOKEN_BYTES && tokensReceived < MAX_TOKENS) {
      tokensReceived++;
      events.addLast(
          new ConnectionEvent.TokenReceived(VersionedToken.encode(version.current(), token)));
    }
  }

  /** A Version Negotiation packet has told us so. */
  void onNoCommonVersion() {
    closing.terminate(
        new CloseReason(
            Origin.VERSION_NEGOTIATION,
            false,
            0,
            0,
            "the server speaks none of QUIC's versions " + config.versions().versions()));
  }

  /** The peer's parameters have come, with or without information on versions. */
  void onPeerVersion(@Nullable VersionInformation information) throws ProtocolException {
    if (!server) {
      version.onServerInformation(information);
      return;
    }
    QuicVersion before = version.current();
    version.onClientInformation(information);
    if (version.current() != before) {
      initialKeys.onVersionChanged(before);
    }
  }

  /**
   * The network says that nobody listens at {@link #remote}, as ICMP's "port unreachable" does. RFC
   * 9000 §14.2.1: such a message is not authenticated, so that it ends no connection whose peer has
   * been heard of; before that, waiting for the timeout would help nobody.
   */
  public void onUnreachable() {
    if (!hasPeer()) {
      closing.terminate(new CloseReason(Origin.CARRIER_LOST, false, 0, 0, "nobody listens there"));
    }
  }

  void onPeerClose(ControlFrame.ConnectionClose frame, long nowNanos) {
    CloseReason reason =
        new CloseReason(
            Origin.PEER, frame.application(), frame.errorCode(), frame.frameType(), frame.reason());
    closing.drain(reason, ptoNanos(), nowNanos);
  }

  /** RFC 9000 §10.3.1: the peer knows nothing of this connection, so nothing is sent to it. */
  void onStatelessReset(long nowNanos) {
    closing.drain(new CloseReason(Origin.STATELESS_RESET, false, 0, 0, ""), ptoNanos(), nowNanos);
  }

  void onHandshakeDone(long nowNanos) throws ProtocolException {
    progress.onHandshakeDone(nowNanos);
  }

  /** The peer says how often it wants to hear of its packets. */
  void onAckFrequency(ControlFrame.AckFrequency frame) throws ProtocolException {
    spaces[PacketSpace.APPLICATION.ordinal()].received.onAckFrequency(
        frame, LocalParameters.MIN_ACK_DELAY_NANOS);
  }

  /** Drops the keys of a packet number space, and what is known of its packets (RFC 9001 §4.9). */
  void discard(PacketSpace space, long nowNanos) {
    PacketNumberSpace keys = spaces[space.ordinal()];
    if (!keys.isDiscarded()) {
      keys.discard();
      if (space == PacketSpace.INITIAL) {
        initialKeys.discard();
      }
      recovery.discard(space, nowNanos);
    }
  }

  boolean isOpen() {
    return closing.isOpen();
  }

  PacketNumberSpace[] spaces() {
    return spaces;
  }

  PacketNumberSpace initialSpace() {
    return spaces[PacketSpace.INITIAL.ordinal()];
  }

  PacketNumberSpace space(PacketType type) {
    return switch (type) {
      case INITIAL -> spaces[PacketSpace.INITIAL.ordinal()];
      case HANDSHAKE -> spaces[PacketSpace.HANDSHAKE.ordinal()];
      case ZERO_RTT, ONE_RTT -> spaces[PacketSpace.APPLICATION.ordinal()];
      case RETRY, VERSION_NEGOTIATION, UNSUPPORTED_VERSION ->
          throw new IllegalArgumentException("no packet numbers: " + type);
    };
  }

  Recovery recovery() {
    return recovery;
  }

  Handshake handshake() {
    return handshake;
  }

  ZeroRtt zeroRtt() {
    return zeroRtt;
  }

  LocalConnectionIds localIds() {
    return localIds;
  }

  PeerConnectionIds peerIds() {
    return peerIds;
  }

  Paths paths() {
    return paths;
  }

  OutgoingFrames outgoing() {
    return outgoing;
  }

  ConnectionStart start() {
    return start;
  }

  ConnectionVersion version() {
    return version;
  }

  InitialKeys initialKeys() {
    return initialKeys;
  }

  FirstFlight firstFlight() {
    return firstFlight;
  }

  FixedBit fixedBit() {
    return fixedBit;
  }

  /** What a client's first packet went to, by which logs of both sides name the connection. */
  public ConnectionId originalDcid() {
    return start.original();
  }

  /** How far a server's handshake has come. */
  HandshakeSlots.Stage stage() {
    if (handshake.isComplete()) {
      return HandshakeSlots.Stage.COMPLETE;
    }
    return paths.active().isValidated()
        ? HandshakeSlots.Stage.VALIDATED
        : HandshakeSlots.Stage.UNVALIDATED;
  }

  /** Whether any packet of the peer's was authentic. */
  boolean hasPeer() {
    return counters.packetsReceived() > 0;
  }

  boolean isHandshakeComplete() {
    return handshake.isComplete();
  }

  boolean isHandshakeConfirmed() {
    return progress.isConfirmed();
  }

  /** When the last datagram came; when the connection was made, if none has. */
  long receivedAtNanos() {
    return receivedAtNanos;
  }

  int peerAckDelayExponent(PacketNumberSpace space) {
    TransportParameters parameters = progress.peerParameters();
    return space.space == PacketSpace.APPLICATION && parameters != null
        ? (int) parameters.ackDelayExponent()
        : LocalParameters.ACK_DELAY_EXPONENT;
  }

  /** What a change of the peer's address brings about. */
  private final class PathSteps implements Paths.Listener {
    @Override
    public long ptoNanos() {
      return QuicConnection.this.ptoNanos();
    }

    @Override
    public void onPathSwitched(long nowNanos) {
      recovery.onPathSwitched(nowNanos);
      transmitter.updateAmplificationLimit(nowNanos);
    }

    @Override
    public void onPeerMigrated(InetSocketAddress remote, boolean otherHost, long nowNanos) {
      if (otherHost) {
        // RFC 9000 §9.4: another path, of which nothing is known; another port is the same path.
        recovery.onNewPath(config.congestion().newController(config.datagramBytes()));
      }
      recovery.onPathSwitched(nowNanos);
      // RFC 9000 §9.3: the token that it has is for the address before.
      outgoing.addNewToken(registry.addressToken(version.current(), remote, nowNanos));
      events.addLast(new ConnectionEvent.PeerMigrated(remote));
    }
  }
}
