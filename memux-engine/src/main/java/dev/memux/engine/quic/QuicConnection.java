package dev.memux.engine.quic;

import dev.memux.engine.CloseReason;
import dev.memux.engine.CloseReason.Origin;
import dev.memux.engine.Connection;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.congestion.Pacer;
import dev.memux.engine.mux.Mux;
import dev.memux.engine.mux.MuxConfig;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.InitialSecrets;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.recovery.Recovery;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.SentFrames;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VarInt;
import dev.memux.tls.TlsHandshake;
import dev.memux.tls.TlsSession;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One QUIC connection (RFC 9000), made by a {@link QuicEndpoint}. It puts its parts together:
 * {@link PacketReceiver} takes datagrams apart, {@link Handshake} makes keys, {@link Mux} has the
 * streams, {@link Recovery} knows what became of packets, {@link DatagramAssembler} makes new ones.
 */
public final class QuicConnection implements Connection {
  static final int ACK_DELAY_EXPONENT = 3;
  static final long MAX_ACK_DELAY_NANOS = 25_000_000;

  /** Tokens that a client takes from one connection; more would be of no use. */
  static final int MAX_TOKENS = 4;

  private static final long NEVER = Long.MAX_VALUE;
  private static final long MILLI_NANOS = 1_000_000;

  private final boolean server;
  private final QuicConfig config;
  private final MuxConfig muxConfig;
  private final ConnectionIdRegistry registry;
  private final ConnectionStart start;
  private final PacketNumberSpace[] spaces = new PacketNumberSpace[PacketSpace.values().length];
  private final Mux mux;
  private final Recovery recovery;
  private final Pacer pacer;
  private final ZeroRtt zeroRtt;
  private final Handshake handshake;
  private final LocalConnectionIds localIds;
  private final PeerConnectionIds peerIds;
  private final OutgoingFrames outgoing;
  private final PacketReceiver receiver;
  private final DatagramAssembler assembler;
  private final Paths paths;
  private final IdleTimer idleTimer;
  private final Closing closing = new Closing();
  private final ArrayDeque<ConnectionEvent> events = new ArrayDeque<>();

  private @Nullable TransportParameters peerParameters;
  private @Nullable Object attachment;
  private int datagramBytes;
  private long receivedAtNanos;
  private long handshakeDeadlineNanos;

  /** The handshake's deadline once the peer's address is validated. */
  private final long lastHandshakeNanos;

  private long pacerDeadlineNanos = NEVER;
  private boolean amplificationLimited;
  private boolean handshakeConfirmed;
  private boolean newKeys;
  private boolean terminatedReported;
  private int tokensReceived;

  private long datagramsSent;
  private long datagramsReceived;
  private long bytesSent;
  private long bytesReceived;
  private long packetsSent;
  private long packetsReceived;
  private long probesSent;

  /**
   * @param peerId what our packets go to at first
   * @param tls makes the handshake, given our transport parameters
   */
  QuicConnection(
      boolean server,
      QuicConfig config,
      InetSocketAddress remote,
      ConnectionIdRegistry registry,
      ConnectionStart start,
      ConnectionId peerId,
      Function<TransportParameters, TlsHandshake> tls,
      ChunkPool pool,
      LoopBuffers buffers,
      RandomGenerator random,
      long nowNanos) {
    this.server = server;
    this.config = config;
    this.registry = registry;
    this.start = start;
    for (PacketSpace space : PacketSpace.values()) {
      spaces[space.ordinal()] = new PacketNumberSpace(space, MAX_ACK_DELAY_NANOS, pool);
    }
    this.muxConfig = config.mux().under(pool.budget().pressure());
    this.mux = new Mux(server, muxConfig, pool);
    this.pacer = new Pacer(config.maxDatagramBytes());
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
            config.congestion().newController(config.maxDatagramBytes()),
            config.maxDatagramBytes(),
            outgoing);
    this.idleTimer = new IdleTimer(config.maxIdleTimeoutNanos(), config.keepAliveNanos(), nowNanos);
    this.lastHandshakeNanos = nowNanos + config.handshakeTimeoutNanos();
    this.handshakeDeadlineNanos =
        start.isHurried()
            ? Math.min(
                lastHandshakeNanos, nowNanos + config.addressValidation().unvalidatedTimeoutNanos())
            : lastHandshakeNanos;
    this.datagramBytes = config.maxDatagramBytes();
    this.receivedAtNanos = nowNanos;
    this.zeroRtt =
        new ZeroRtt(
            spaces[PacketSpace.APPLICATION.ordinal()],
            spaces[PacketSpace.HANDSHAKE.ordinal()],
            mux);
    this.handshake = newHandshake(tls);
    this.receiver = new PacketReceiver(this, buffers, nowNanos);
    this.assembler =
        new DatagramAssembler(
            this, buffers, config.maxDatagramBytes(), new PacketNumberSkipper(random));
    makeInitialKeys();
    handshake.start();
  }

  /** RFC 9001 §5.2. */
  private void makeInitialKeys() {
    PacketNumberSpace initial = initialSpace();
    byte[] clientSecret = InitialSecrets.client(start.initialDcid());
    byte[] serverSecret = InitialSecrets.server(start.initialDcid());
    initial.opener = new PacketOpener(InitialSecrets.SUITE, server ? clientSecret : serverSecret);
    initial.sealer = new PacketSealer(InitialSecrets.SUITE, server ? serverSecret : clientSecret);
  }

  private Handshake newHandshake(Function<TransportParameters, TlsHandshake> tls) {
    try {
      TlsHandshake machine = tls.apply(localParameters());
      return new Handshake(machine, server, spaces, zeroRtt, new HandshakeSteps());
    } catch (RuntimeException e) {
      localIds.retireAll(); // nobody gets this connection, and so nobody can forget it
      throw e;
    }
  }

  private TransportParameters localParameters() {
    TransportParameters.Builder parameters =
        TransportParameters.builder()
            .maxIdleTimeoutMillis(config.maxIdleTimeoutNanos() / MILLI_NANOS)
            .initialMaxData(muxConfig.connectionWindowBytes())
            .initialMaxStreamDataBidi(muxConfig.streamWindowBytes())
            .initialMaxStreamDataUni(muxConfig.streamWindowBytes())
            .initialMaxStreamsBidi(muxConfig.maxBidiStreams())
            .initialMaxStreamsUni(muxConfig.maxUniStreams())
            .maxDatagramFrameBytes(muxConfig.datagrams().maxFrameBytes())
            .resetStreamAt(true)
            .ackDelayExponent(ACK_DELAY_EXPONENT)
            .maxAckDelayMillis(MAX_ACK_DELAY_NANOS / MILLI_NANOS)
            .activeConnectionIdLimit(PeerConnectionIds.ACTIVE_LIMIT)
            .initialSourceConnectionId(localIds.first().toByteArray());
    if (server) {
      parameters
          .originalDestinationConnectionId(start.original().toByteArray())
          .statelessResetToken(localIds.firstResetToken())
          .disableActiveMigration(true);
      ConnectionId retrySource = start.retrySource();
      if (retrySource != null) {
        parameters.retrySourceConnectionId(retrySource.toByteArray());
      }
    }
    return parameters.build();
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

  /** What the peer has said of itself; null before it has. */
  public @Nullable TransportParameters peerParameters() {
    return peerParameters;
  }

  /** UDP payload of a full packet. */
  public int datagramBytes() {
    return datagramBytes;
  }

  /** Figures of the connection and its path. */
  public ConnectionStatistics statistics() {
    return new ConnectionStatistics(
        datagramsSent,
        datagramsReceived,
        bytesSent,
        bytesReceived,
        packetsSent,
        packetsReceived,
        receiver.packetsDropped(),
        recovery.packetsLost(),
        recovery.spuriousLosses(),
        probesSent,
        recovery.congestionEvents(),
        recovery.bytesInFlight(),
        recovery.windowBytes(),
        recovery.rtt().smoothedNanos(),
        recovery.rtt().minNanos(),
        mux.datagrams().statistics());
  }

  @Override
  public void close(long code, String reason, long nowNanos) {
    if (code < 0 || code > VarInt.MAX) {
      throw new IllegalArgumentException("error code " + code);
    }
    close(new CloseReason(Origin.LOCAL, true, code, 0, reason), nowNanos);
  }

  private void close(CloseReason reason, long nowNanos) {
    if (closing.isOpen()) {
      closing.close(reason, ptoNanos(), nowNanos);
      onEnded(reason);
    }
  }

  /** It ends without a word to the peer. */
  private void terminate(CloseReason reason) {
    boolean wasOpen = closing.isOpen();
    closing.terminate(reason);
    if (wasOpen) {
      onEnded(reason);
    }
    reportTerminated();
  }

  private void onEnded(CloseReason reason) {
    mux.onConnectionClosed();
    events.addLast(new ConnectionEvent.Closed(reason));
  }

  private void reportTerminated() {
    if (!terminatedReported) {
      terminatedReported = true;
      events.addLast(new ConnectionEvent.Terminated());
    }
  }

  /** The endpoint has forgotten the connection: its memory and its IDs go. */
  void release() {
    mux.release();
    localIds.retireAll();
    paths.release();
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
    return (server && handshakeConfirmed && closing.isOpen()) || paths.isKnown(from);
  }

  /** One datagram from an address that it {@linkplain #mayComeFrom may come from}. */
  void receive(InetSocketAddress remote, byte[] buffer, int from, int length, long nowNanos) {
    datagramsReceived++;
    bytesReceived += length;
    receivedAtNanos = nowNanos;
    paths.onDatagram(remote, length);
    if (!closing.isOpen()) {
      onDatagramAfterEnd(buffer, from, length, nowNanos);
      return;
    }
    try {
      receiver.onDatagram(buffer, from, from + length, nowNanos);
      while (newKeys && closing.isOpen()) {
        newKeys = false;
        receiver.retryEarlyPackets(nowNanos);
      }
    } catch (ProtocolException e) {
      onProtocolError(e, nowNanos);
    }
    updateAmplificationLimit(nowNanos);
    mux.onPath(recovery.rtt().smoothedNanos(), recovery.windowBytes());
    reportLimits();
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

  private void reportLimits() {
    for (StreamType type : StreamType.values()) {
      if (mux.takeLimitRose(type) && handshake.isComplete()) {
        events.addLast(new ConnectionEvent.StreamsAvailable(type));
      }
    }
  }

  @Override
  public void onTimeout(long nowNanos) {
    if (closing.isTerminated()) {
      return;
    }
    if (!closing.isOpen()) {
      if (nowNanos >= closing.deadlineNanos()) {
        terminate(closing.reason());
      }
      return;
    }
    if (nowNanos >= idleTimer.deadlineNanos(ptoNanos())) {
      terminate(new CloseReason(Origin.IDLE_TIMEOUT, false, 0, 0, ""));
    } else if (nowNanos >= handshakeDeadlineNanos) {
      terminate(new CloseReason(Origin.HANDSHAKE_TIMEOUT, false, 0, 0, ""));
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
    if (closing.isTerminated()) {
      return NEVER;
    }
    if (!closing.isOpen()) {
      return closing.deadlineNanos();
    }
    long deadline = Math.min(recovery.deadlineNanos(), idleTimer.deadlineNanos(ptoNanos()));
    deadline = Math.min(deadline, idleTimer.keepAliveDeadlineNanos());
    deadline = Math.min(deadline, handshakeDeadlineNanos);
    deadline = Math.min(deadline, paths.deadlineNanos());
    if (!amplificationLimited) {
      deadline = Math.min(deadline, pacerDeadlineNanos);
      for (PacketNumberSpace space : spaces) {
        if (space.sealer != null) {
          deadline = Math.min(deadline, space.received.ackDeadlineNanos());
        }
      }
    }
    return deadline;
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
    if (closing.isOpen() && probePath(out, nowNanos)) {
      return true;
    }
    Path path = paths.active();
    out.begin(path.remote());
    if (closing.isOpen()) {
      paths.rotatePeerId(config.packetsPerConnectionId());
      fillBatch(out, path, nowNanos); // which may close
    }
    if (closing.isClosePending() && (handshakeConfirmed ? path.mayProbe() : path.mayFill())) {
      boolean newest = closing.takeNewest();
      int bytes = roomFor(path, QuicConfig.MIN_DATAGRAM_BYTES);
      add(
          out,
          path,
          assembler.assembleClose(out.buffer(), bytes, closing.reason(), newest, nowNanos));
    }
    return out.count() > 0;
  }

  /** Sends what is due on a path that is not the active one. */
  private boolean probePath(SendBatch out, long nowNanos) {
    boolean windowOpen = recovery.sendAllowanceBytes() >= datagramBytes;
    Path path = paths.nextToProbe(windowOpen, nowNanos);
    if (path == null) {
      return false;
    }
    out.begin(path.remote());
    int bytes = roomFor(path, QuicConfig.MIN_DATAGRAM_BYTES);
    add(out, path, assembler.assembleProbe(path, out.buffer(), 0, bytes, nowNanos));
    paths.onProbeSent();
    return out.count() > 0;
  }

  private void noteDatagramRoom(Path path) {
    if (path.hasPeerId()) {
      int room = assembler.frameRoomBytes(path.peerId().id(), datagramBytes);
      mux.datagrams().onPacketRoom(room);
    }
  }

  private static int roomFor(Path path, int bytes) {
    return (int) Math.min(bytes, path.amplification().allowanceBytes());
  }

  private void fillBatch(SendBatch out, Path path, long nowNanos) {
    pacerDeadlineNanos = NEVER;
    if (!hasUsableKey(nowNanos)) {
      return;
    }
    noteDatagramRoom(path);
    long rttNanos = recovery.rtt().smoothedNanos();
    int batchBytes = pacer.batchBytes(recovery.windowBytes(), rttNanos);
    while (out.hasRoom(datagramBytes)
        && out.length() + datagramBytes <= batchBytes
        && (path.mayFill() || path.isChallengeDue(nowNanos))) {
      int bytes = roomFor(path, datagramBytes);
      boolean windowOpen = recovery.sendAllowanceBytes() >= datagramBytes && path.mayFill();
      boolean mayElicit = windowOpen && isPaced(rttNanos, nowNanos);
      int length = assembler.assemble(out.buffer(), out.length(), bytes, mayElicit, nowNanos);
      if (length == 0) {
        recovery.onApplicationLimited(windowOpen && !outgoing.hasPending());
        break;
      }
      add(out, path, length);
      dropOldKeys(nowNanos);
      if (length < datagramBytes) {
        break; // a shorter datagram can only be the last of a batch
      }
    }
    updateAmplificationLimit(nowNanos);
  }

  /**
   * RFC 9001 §6.6: a key protects only so many packets before it gives plaintext away. It is
   * replaced at half of that; a connection whose peer prevents the update ends.
   */
  private boolean hasUsableKey(long nowNanos) {
    PacketSealer sealer = spaces[PacketSpace.APPLICATION.ordinal()].sealer;
    if (sealer == null
        || sealer.packetsSealed() < sealer.confidentialityLimit() / 2
        || updateKeys(nowNanos)
        || sealer.packetsSealed() + SendBatch.MAX_SEGMENTS <= sealer.confidentialityLimit()) {
      return true;
    }
    close(
        new CloseReason(Origin.LOCAL, false, TransportError.AEAD_LIMIT_REACHED, 0, "key used up"),
        nowNanos);
    return false;
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

  /** Whether the pacer lets a datagram go now; remembers when it will. */
  private boolean isPaced(long rttNanos, long nowNanos) {
    long at = pacer.delayUntilNanos(nowNanos, datagramBytes, recovery.windowBytes(), rttNanos);
    if (at <= nowNanos) {
      return true;
    }
    if (outgoing.hasPending()) {
      pacerDeadlineNanos = at;
    }
    return false;
  }

  private void add(SendBatch out, Path path, int length) {
    if (length > 0) {
      out.add(length);
      datagramsSent++;
      bytesSent += length;
      path.amplification().onSent(length);
    }
  }

  private void updateAmplificationLimit(long nowNanos) {
    boolean limited = !paths.active().mayFill();
    if (limited != amplificationLimited) {
      amplificationLimited = limited;
      recovery.onAmplificationLimited(limited, nowNanos);
    }
  }

  /** RFC 9001 §4.9.1: a client drops its Initial keys when it first sends a Handshake packet. */
  private void dropOldKeys(long nowNanos) {
    PacketNumberSpace handshakeSpace = spaces[PacketSpace.HANDSHAKE.ordinal()];
    if (!server && handshakeSpace.nextPacketNumber > 0) {
      discard(PacketSpace.INITIAL, nowNanos);
    }
  }

  // What the parts of this package ask and tell.

  void onPacketSent(
      PacketNumberSpace space,
      long packetNumber,
      int bytes,
      boolean ackEliciting,
      boolean inFlight,
      SentFrames frames,
      long nowNanos) {
    packetsSent++;
    if (ackEliciting) {
      if (recovery.probesPending(space.space) > 0) {
        probesSent++;
      }
      idleTimer.onSent(nowNanos);
    }
    if (inFlight) {
      pacer.onSent(bytes);
    }
    recovery.onPacketSent(
        space.space, packetNumber, bytes, ackEliciting, inFlight, frames, nowNanos);
  }

  /** A packet of the peer's was authenticated and will be processed. */
  void onAuthenticated(PacketNumberSpace space, long nowNanos) {
    packetsReceived++;
    idleTimer.onReceived(nowNanos);
    if (server && space.space == PacketSpace.HANDSHAKE) {
      // RFC 9000 §8.1, RFC 9001 §4.9.1: only who receives our packets has Handshake keys.
      onAddressValidated();
      discard(PacketSpace.INITIAL, nowNanos);
    }
  }

  private void onAddressValidated() {
    if (!paths.active().isValidated()) {
      paths.onHandshakeValidated();
      handshakeDeadlineNanos = lastHandshakeNanos;
    }
  }

  /** A newer handshake needs the room. */
  void giveWay() {
    terminate(
        new CloseReason(Origin.HANDSHAKE_TIMEOUT, false, 0, 0, "gave way to newer handshakes"));
  }

  /** The peer's first packet says what it calls itself (RFC 9000 §7.2). */
  void onPeerSource(ConnectionId source) {
    paths.onFirstPeerId(peerIds.onPeerChosen(source));
  }

  /** Whether a Version Negotiation packet answers ours: its IDs are those that we sent. */
  boolean isAddressedBy(byte[] datagram, PacketHeader header) {
    return localIds.first().matches(datagram, header.dcidFrom(), header.dcidLength())
        && start.original().matches(datagram, header.scidFrom(), header.scidLength());
  }

  /**
   * The server has us prove our address: the same packets again, with the token, to another ID and
   * under other keys, but with numbers that go on (RFC 9000 §17.2.5.3, RFC 9001 §5.2).
   */
  void onRetry(ConnectionId source, byte[] token, long nowNanos) {
    start.onRetry(source, token);
    paths.onFirstPeerId(peerIds.onPeerChosen(source));
    makeInitialKeys();
    // RFC 9002 §6.3; early data, too, went where nobody kept it.
    recovery.onPacketsRefused(PacketSpace.INITIAL, nowNanos);
    recovery.onPacketsRefused(PacketSpace.APPLICATION, nowNanos);
  }

  /** A token for the next connection. */
  void onNewToken(byte[] token) {
    if (token.length <= ConnectionStart.MAX_TOKEN_BYTES && tokensReceived < MAX_TOKENS) {
      tokensReceived++;
      events.addLast(new ConnectionEvent.TokenReceived(token));
    }
  }

  void onVersionNegotiation() {
    terminate(
        new CloseReason(
            Origin.VERSION_NEGOTIATION, false, 0, 0, "the server does not speak QUIC version 1"));
  }

  /**
   * The network says that nobody listens at {@link #remote}, as ICMP's "port unreachable" does. RFC
   * 9000 §14.2.1: such a message is not authenticated, so that it ends no connection whose peer has
   * been heard of; before that, waiting for the timeout would help nobody.
   */
  public void onUnreachable() {
    if (!hasPeer()) {
      terminate(new CloseReason(Origin.CARRIER_LOST, false, 0, 0, "nobody listens there"));
    }
  }

  void onPeerClose(ControlFrame.ConnectionClose frame, long nowNanos) {
    CloseReason reason =
        new CloseReason(
            Origin.PEER, frame.application(), frame.errorCode(), frame.frameType(), frame.reason());
    closing.drain(reason, ptoNanos(), nowNanos);
    onEnded(reason);
  }

  /** RFC 9000 §10.3.1: the peer knows nothing of this connection, so nothing is sent to it. */
  void onStatelessReset(long nowNanos) {
    if (closing.isOpen()) {
      CloseReason reason = new CloseReason(Origin.STATELESS_RESET, false, 0, 0, "");
      closing.drain(reason, ptoNanos(), nowNanos);
      onEnded(reason);
    } else if (closing.isClosing()) {
      closing.drain(closing.reason(), ptoNanos(), nowNanos);
    }
  }

  void onHandshakeDone(long nowNanos) throws ProtocolException {
    if (!handshake.isComplete()) {
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION,
          FrameType.HANDSHAKE_DONE.code(),
          "before the handshake was complete");
    }
    confirmHandshake(nowNanos);
  }

  private void confirmHandshake(long nowNanos) {
    if (!handshakeConfirmed) {
      handshakeConfirmed = true;
      recovery.onHandshakeConfirmed();
      idleTimer.onHandshakeConfirmed();
      spaces[PacketSpace.APPLICATION.ordinal()].keyPhases.onHandshakeConfirmed();
      discard(PacketSpace.INITIAL, nowNanos);
      discard(PacketSpace.HANDSHAKE, nowNanos);
      events.addLast(new ConnectionEvent.HandshakeConfirmed());
    }
  }

  private void discard(PacketSpace space, long nowNanos) {
    PacketNumberSpace keys = spaces[space.ordinal()];
    if (!keys.isDiscarded()) {
      keys.discard();
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
    return packetsReceived > 0;
  }

  boolean isHandshakeComplete() {
    return handshake.isComplete();
  }

  int peerAckDelayExponent(PacketNumberSpace space) {
    return space.space == PacketSpace.APPLICATION && peerParameters != null
        ? (int) peerParameters.ackDelayExponent()
        : ACK_DELAY_EXPONENT;
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
      updateAmplificationLimit(nowNanos);
    }

    @Override
    public void onPeerMigrated(InetSocketAddress remote, boolean otherHost, long nowNanos) {
      if (otherHost) {
        // RFC 9000 §9.4: another path, of which nothing is known; another port is the same path.
        recovery.onNewPath(config.congestion().newController(config.maxDatagramBytes()));
      }
      recovery.onPathSwitched(nowNanos);
      // RFC 9000 §9.3: the token that it has is for the address before.
      outgoing.addNewToken(registry.addressToken(remote, nowNanos));
      events.addLast(new ConnectionEvent.PeerMigrated(remote));
    }
  }

  /** Who was held up by remembered limits learns that they are gone. */
  private void reportNewLimits() {
    for (StreamType type : StreamType.values()) {
      if (mux.openable(type) > 0) {
        events.addLast(new ConnectionEvent.StreamsAvailable(type));
      }
    }
  }

  /** What the handshake brings about. */
  private final class HandshakeSteps implements Handshake.Listener {
    @Override
    public void onKeys(PacketNumberSpace space) {
      newKeys = true;
      if (space.space == PacketSpace.HANDSHAKE && space.sealer != null) {
        recovery.onHandshakeKeys(true);
      }
    }

    @Override
    public void onEarlyDataOffered(TransportParameters remembered) {
      zeroRtt.onOffered(remembered);
      datagramBytes = (int) Math.min(datagramBytes, remembered.maxUdpPayloadBytes());
      events.addLast(new ConnectionEvent.EarlyDataReady());
    }

    @Override
    public void onEarlyDataAnswered(boolean accepted) {
      if (accepted) {
        zeroRtt.onAccepted();
        if (server) {
          events.addLast(new ConnectionEvent.EarlyDataReady());
        }
        return;
      }
      if (!server) {
        recovery.onPacketsRefused(PacketSpace.APPLICATION, receivedAtNanos);
      }
      zeroRtt.onRefused();
    }

    @Override
    public void onPeerParameters(TransportParameters parameters) throws ProtocolException {
      Handshake.checkConnectionIds(parameters, server ? null : start, receiver.peerSource());
      zeroRtt.checkKept(parameters);
      peerParameters = parameters;
      datagramBytes = (int) Math.min(datagramBytes, parameters.maxUdpPayloadBytes());
      idleTimer.onPeerTimeoutMillis(parameters.maxIdleTimeoutMillis());
      byte[] preferred = parameters.preferredAddress();
      if (preferred != null) {
        peerIds.onPreferredAddress(preferred);
      }
      byte[] resetToken = parameters.statelessResetToken();
      if (resetToken != null) {
        paths.onFirstPeerId(peerIds.onFirstResetToken(resetToken));
      }
      recovery.onMaxAckDelay(parameters.maxAckDelayMillis() * MILLI_NANOS);
      if (server) {
        mux.onPeerParameters(parameters);
      }
      noteDatagramRoom(paths.active());
    }

    @Override
    public void onComplete(TlsSession session) {
      handshakeDeadlineNanos = NEVER;
      spaces[PacketSpace.APPLICATION.ordinal()].keyPhases.onHandshakeComplete();
      if (!server && peerParameters != null) {
        // RFC 9000 §7.4.1: not before, as 0-RTT packets go by what is remembered.
        mux.onPeerParameters(peerParameters);
      }
      events.addLast(new ConnectionEvent.HandshakeCompleted(session));
      if (zeroRtt.isOffered()) {
        reportNewLimits();
      }
      if (peerParameters != null) {
        localIds.onPeerLimit(peerParameters.activeConnectionIdLimit());
      }
      if (server) {
        outgoing.addHandshakeDone();
        outgoing.addNewToken(registry.addressToken(remote(), receivedAtNanos));
        confirmHandshake(receivedAtNanos);
      }
    }
  }
}
