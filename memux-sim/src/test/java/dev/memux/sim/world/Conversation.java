package dev.memux.sim.world;

import dev.memux.engine.CloseReason;
import dev.memux.engine.Connection;
import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.sim.Datagram;
import dev.memux.sim.DropReason;
import dev.memux.sim.Link;
import dev.memux.sim.LinkFilter;
import dev.memux.sim.Network;
import dev.memux.sim.NetworkObserver;
import dev.memux.sim.Node;
import dev.memux.sim.Trace;
import dev.memux.sim.quic.QuicNode;
import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedConnection;
import dev.memux.sim.quic.TappedFrame;
import dev.memux.sim.quic.TappedPacket;
import dev.memux.sim.quic.TransmitObserver;
import dev.memux.sim.quic.WireListener;
import dev.memux.tls.EarlyData;
import dev.memux.tls.EncryptionLevel;
import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A client and its connection over QUIC, and everything that must hold for packets. */
final class Conversation extends Course implements NetworkObserver, WireListener, TransmitObserver {
  /** What every endpoint announces as max_ack_delay. */
  private static final long MAX_ACK_DELAY_NANOS = 25_000_000;

  private final WorldPlan.ConversationPlan plan;
  private final Network network;
  private final Trace trace;
  private final Rebindings rebindings;
  private final WorldPlan.KeyUpdates keyUpdates;
  private final Map<Side, QuicNode> nodes = new EnumMap<>(Side.class);
  private final LinkBlame blame = new LinkBlame();
  private final FlowControlInvariant flowControl;
  private final RebindingInvariant rebinding = new RebindingInvariant();

  /** RFC 9000 §7.4.1: early data goes by what is remembered. */
  private final FlowControlInvariant earlyFlowControl;

  private final AmplificationInvariant amplification = new AmplificationInvariant();
  private final PacketNumberInvariant packetNumbers = new PacketNumberInvariant();
  private final StreamStateInvariant streamStates = new StreamStateInvariant();
  private final AckDelayInvariant ackDelay = new AckDelayInvariant(MAX_ACK_DELAY_NANOS);
  private final Map<Side, CongestionInvariant> congestion = new EnumMap<>(Side.class);
  private final Map<Side, SchedulingInvariant> scheduling = new EnumMap<>(Side.class);
  private final BatchInvariant batches = new BatchInvariant();
  private final Map<Side, ForgottenPackets> forgottenBy = new EnumMap<>(Side.class);

  private final Map<Side, Integer> maxDatagramBytes = new EnumMap<>(Side.class);

  /** Those that the endpoints have sent over this connection. */
  private final Set<Long> ownDatagrams = new HashSet<>();

  private Runnable spoof = () -> {};

  private long probesBefore;
  private int migrations;

  /** By which the wire tap knows the connection. */
  private @Nullable ConnectionId name;

  /** The same, and another one for each time that the client has begun again. */
  private final Set<ConnectionId> names = new HashSet<>();

  private @Nullable TappedConnection tapped;
  private boolean acceptedEarly;
  private @Nullable TransportParameters remembered;

  Conversation(
      int number,
      WorldPlan.ConversationPlan plan,
      Network network,
      Trace trace,
      WorldPlan world,
      QuicNode client,
      QuicNode server,
      Rebindings rebindings) {
    super(number, plan, network.simulation(), trace);
    this.plan = plan;
    this.network = network;
    this.trace = trace;
    this.rebindings = rebindings;
    flowControl = new FlowControlInvariant(content(), this::parameters);
    earlyFlowControl =
        new FlowControlInvariant(content(), declaredBy -> Objects.requireNonNull(remembered()));
    keyUpdates = world.tls().keyUpdates();
    maxDatagramBytes.put(Side.CLIENT, world.clientConfig().maxDatagramBytes());
    maxDatagramBytes.put(Side.SERVER, world.serverConfig().maxDatagramBytes());
    nodes.put(Side.CLIENT, client);
    nodes.put(Side.SERVER, server);
    scheduling.put(Side.CLIENT, scheduling(world.clientConfig()));
    scheduling.put(Side.SERVER, scheduling(world.serverConfig()));
    for (Side side : Side.values()) {
      congestion.put(side, new CongestionInvariant());
      forgottenBy.put(side, new ForgottenPackets());
    }
  }

  private static SchedulingInvariant scheduling(QuicConfig config) {
    return new SchedulingInvariant(config.mux().scheduler(), config.maxDatagramBytes());
  }

  /** A conversation over another connection of the same client. */
  Conversation another(int otherNumber, WorldPlan.ConversationPlan other, WorldPlan world) {
    return new Conversation(
        otherNumber,
        other,
        network,
        trace,
        world,
        node(Side.CLIENT),
        node(Side.SERVER),
        rebindings);
  }

  /** What the client knows of the server from before. */
  void remembered(@Nullable TransportParameters parameters) {
    remembered = parameters;
  }

  private @Nullable TransportParameters remembered() {
    return remembered;
  }

  QuicNode node(Side side) {
    return nodes.get(side);
  }

  /** How somebody makes the client seem to be elsewhere. */
  void spoof(Runnable next) {
    spoof = next;
  }

  /** What the client's first packet goes to, which names the connection at both ends. */
  void name(ConnectionId firstDestination) {
    name = firstDestination;
    names.add(firstDestination);
  }

  /** The client has begun again, in another version, and the connection has another name. */
  void alsoNamed(ConnectionId destination) {
    names.add(destination);
  }

  /** What the wire tap has seen of the connection; null: nothing. */
  @Nullable TappedConnection tapped() {
    return tapped;
  }

  /** Where the client is at first. */
  InetSocketAddress clientAddress() {
    return rebindings.first();
  }

  @Override
  SchedulingInvariant scheduling(Side side) {
    return scheduling.get(side);
  }

  void filterUp(LinkFilter filter) {
    rebindings.up().filter(filter);
  }

  // The course of things.

  @Override
  void onCommand(Side side, Connection connection) {
    node(side).touch((QuicConnection) connection);
    network.wake(node(side));
  }

  @Override
  void killPath() {
    rebindings.links().forEach(link -> link.filter((datagram, now) -> false));
  }

  @Override
  void onEarlyDataReady(Peer peer) {
    acceptedEarly |= peer.side() == Side.SERVER;
    super.onEarlyDataReady(peer);
  }

  /** From now on the client's address may change. */
  @Override
  void onHandshakeConfirmed(Peer peer) {
    if (peer.side() == Side.CLIENT) {
      for (WorldPlan.Rebinding change : plan.rebindings()) {
        peer.at(change.afterNanos(), () -> rebind(change));
      }
      for (long afterNanos : plan.spoofedAfterNanos()) {
        peer.at(afterNanos, spoof);
      }
    }
  }

  @Override
  void onMigrated() {
    migrations++;
  }

  /** How often the server has followed the client to another address. */
  int migrations() {
    return migrations;
  }

  private void rebind(WorldPlan.Rebinding change) {
    if (isEnding() && plan.ending() == WorldPlan.Ending.PATH_DIES) {
      return; // so has every other path
    }
    rebindings.rebind(change);
    note("the client is at " + node(Side.CLIENT).address());
  }

  @Override
  void planMore(Peer peer) {
    for (int i = 1; i <= keyUpdates.count(); i++) {
      peer.at(i * keyUpdates.everyNanos(), peer::updateKeys);
    }
  }

  @Override
  void onReprioritised(Side sender, long streamId) {
    Link link = sender == Side.CLIENT ? rebindings.up() : rebindings.down();
    times().onReprioritised(streamId, link.queuedBytes(), network.simulation().elapsedNanos());
  }

  /** A peer has terminated: what it processed must have been there to process. */
  @Override
  void onTerminated(Peer peer, Connection connection) {
    boolean inOrder =
        plan.up().reorder() == 0
            && plan.down().reorder() == 0
            && plan.rebindings().isEmpty()
            && plan.spoofedAfterNanos().isEmpty();
    LossInvariant.check(
        peer.side(),
        inOrder && !blame.lostAnything() && !mayOutrunKeys(),
        connection.statistics().packetsLost());
    packetNumbers.onProcessed(peer.side(), connection.statistics().packetsReceived());
  }

  /** Packets that come while a handshake computes their keys are kept, but only a few of them. */
  private boolean mayOutrunKeys() {
    return nodes.values().stream().anyMatch(node -> node.handshakeWorkNanos() > 0);
  }

  @Override
  void onClosed(Peer peer, CloseReason reason) {
    ackDelay.forget(peer.side());
    rebinding.forget();
    switch (reason.origin()) {
      case LOCAL -> requireApplicationClose(reason, peer.side());
      case PEER -> requireApplicationClose(reason, peer.side().peer());
      case IDLE_TIMEOUT, CARRIER_LOST -> {
        boolean planned =
            isEnding()
                && (plan.ending() == WorldPlan.Ending.IDLE
                    || plan.ending() == WorldPlan.Ending.PATH_DIES);
        boolean peerGone = peer(peer.side().peer()).closed() != null;
        if (!planned
            && !peerGone
            && !blame.excusesSilence(peer.side(), network.simulation().nowNanos())) {
          throw new Violation(
              TerminationInvariant.class,
              peer.side() + " hears nothing although the links lost nothing since it last heard");
        }
      }
      case HANDSHAKE_TIMEOUT -> {
        boolean peerGone = peer(peer.side().peer()).closed() != null;
        if (!peerGone && !blame.excusesHandshake()) {
          throw new Violation(
              TerminationInvariant.class, "handshake timeout although the links lost little");
        }
      }
      case STATELESS_RESET -> {
        if (!peer(peer.side().peer()).isTerminated()) {
          throw new Violation(
              TerminationInvariant.class, peer.side() + " was reset by a peer that lives");
        }
      }
      case VERSION_NEGOTIATION -> {
        // It has no protection: a damaged one may say anything.
        if (plan.down().corruption() == 0) {
          throw new Violation(TerminationInvariant.class, peer.side() + " " + reason);
        }
      }
    }
  }

  private void requireApplicationClose(CloseReason reason, Side closer) {
    // RFC 9000 §10.2.3: before the handshake is over an application's reason is not told.
    boolean hidden =
        plan.ending().cutsShort()
            && reason.origin() == CloseReason.Origin.PEER
            && reason.code() == TransportError.APPLICATION_ERROR;
    if (!isPlannedClose(reason, closer) && !(isEnding() && hidden)) {
      throw new Violation(TerminationInvariant.class, closer + " closed, unplanned: " + reason);
    }
  }

  private TransportParameters parameters(Side declaredBy) {
    Side other = declaredBy.peer();
    for (QuicConnection connection : node(other).connections()) {
      if (names.contains(connection.originalDcid())) {
        TransportParameters known = connection.peerParameters();
        if (known != null) {
          return known;
        }
      }
    }
    if (other == Side.CLIENT && acceptedEarly && remembered != null) {
      return remembered; // RFC 9000 §7.4.1: a server that accepts has not changed them
    }
    throw new Violation(
        Conversation.class, other + " sends stream frames without knowing the limits");
  }

  // What the tap and the network tell.

  @Override
  public void onDatagramSent(
      TappedConnection connection, Side sender, Datagram datagram, long nowNanos) {
    if (concerns(connection)) {
      ownDatagrams.add(datagram.id());
      batches.onDatagramSent(datagram.bytes());
      amplification.onDatagramSent(sender, clientOf(sender, datagram), datagram.bytes());
      if (sender == Side.SERVER) {
        rebinding.onServerSent(datagram.destination());
      }
    }
  }

  private static InetSocketAddress clientOf(Side sender, Datagram datagram) {
    return sender == Side.CLIENT ? datagram.source() : datagram.destination();
  }

  @Override
  public void onPacketSent(TappedPacket packet, long nowNanos) {
    if (concerns(packet.connection())) {
      tapped = packet.connection();
      if (!onPathFramesSent(packet)) {
        congestion.get(packet.sender()).onPacketSent(packet.bytes(), packet.ackEliciting());
      }
      amplification.onPacketSent(
          packet.sender(), packet.level(), packet.ackEliciting(), packet.datagram().bytes());
      if (packet.ackEliciting()) {
        blame.onAckElicitingSent(packet.sender(), nowNanos);
      }
      packetNumbers.onPacketSent(packet);
      FlowControlInvariant limits =
          packet.level() == EncryptionLevel.EARLY ? earlyFlowControl : flowControl;
      limits.onPacketSent(packet);
      for (TappedFrame frame : packet.frames()) {
        streamStates.onSent(packet.sender(), frame);
        scheduling.get(packet.sender()).onSent(frame);
        if (frame instanceof TappedFrame.Stream stream) {
          times().onSent(stream.streamId(), packet.number());
        }
      }
      rememberAcks(packet);
    }
  }

  /** Whether one of the frames is a challenge, which no window holds back (RFC 9000 §9.4). */
  private boolean onPathFramesSent(TappedPacket packet) {
    boolean challenges = false;
    for (TappedFrame frame : packet.frames()) {
      if (frame instanceof TappedFrame.Control(ControlFrame.PathChallenge asked)) {
        InetSocketAddress client = clientOf(packet.sender(), packet.datagram());
        amplification.onChallengeSent(packet.sender(), client, asked.data());
        challenges = true;
      } else if (frame instanceof TappedFrame.Control(ControlFrame.PathResponse answer)) {
        amplification.onAnswerSent(packet.sender(), packet.datagram().bytes());
      }
    }
    return challenges;
  }

  private void rememberAcks(TappedPacket packet) {
    for (TappedFrame frame : packet.frames()) {
      if (frame instanceof TappedFrame.Ack ack && packet.level() == EncryptionLevel.APPLICATION) {
        forgottenBy.get(packet.sender()).onAckSent(packet.number(), ack);
        ackDelay.onAckSent(packet.sender(), ack);
      }
    }
  }

  @Override
  public void onDatagramDelivered(
      TappedConnection connection, Side receiver, Datagram datagram, long nowNanos) {
    if (concerns(connection)) {
      amplification.onDatagramDelivered(
          receiver, clientOf(receiver.peer(), datagram), datagram.bytes());
    }
  }

  @Override
  public void onPacketDelivered(TappedPacket packet, boolean intact, long nowNanos) {
    if (!concerns(packet.connection())) {
      return;
    }
    InetSocketAddress client = clientOf(packet.sender(), packet.datagram());
    amplification.onPacketDelivered(packet.sender(), client, packet.level(), packet.hasToken());
    packetNumbers.onPacketDelivered(packet);
    flowControl.onPacketDelivered(packet);
    Side receiver = packet.sender().peer();
    if (packet.level() == EncryptionLevel.EARLY) {
      onEarlyDelivered(packet, receiver);
    }
    if (packet.level() != EncryptionLevel.APPLICATION) {
      return;
    }
    onPathFramesDelivered(packet, intact, nowNanos);
    ForgottenPackets forgotten = forgottenBy.get(receiver);
    boolean certain =
        intact && peer(receiver).isHandshakeComplete() && !forgotten.mayForget(packet.number());
    boolean fresh = forgotten.onDelivered(packet.number());
    if (fresh && certain && packet.ackEliciting() && peer(receiver).closed() == null) {
      ackDelay.onArrived(receiver, packet.number(), nowNanos);
    }
    for (TappedFrame frame : packet.frames()) {
      if (certain) {
        streamStates.onDelivered(receiver, frame);
      }
      if (frame instanceof TappedFrame.Stream stream) {
        times()
            .onDelivered(stream.streamId(), packet.number(), network.simulation().elapsedNanos());
        independence()
            .onDelivered(receiver, stream.streamId(), stream.offset(), stream.end(), certain);
      } else if (frame instanceof TappedFrame.Control(ControlFrame.ResetStreamAt reset)) {
        independence().onPromise(receiver, reset.streamId(), reset.reliableSize());
      } else if (frame instanceof TappedFrame.Ack ack) {
        forgotten.onAckDelivered(ack);
      }
    }
  }

  private void onPathFramesDelivered(TappedPacket packet, boolean intact, long nowNanos) {
    boolean moves = packet.frames().isEmpty() && packet.ackEliciting(); // a PING
    for (TappedFrame frame : packet.frames()) {
      if (frame instanceof TappedFrame.Control(ControlFrame.PathResponse answer)) {
        amplification.onAnswerDelivered(packet.sender(), answer.data());
      }
      moves |=
          !(frame instanceof TappedFrame.Control control) || !control.frame().type().isProbing();
    }
    Peer server = peer(Side.SERVER);
    if (moves
        && intact
        && plan.spoofedAfterNanos().isEmpty() // who is followed then need not be the client
        && packet.sender() == Side.CLIENT
        && server.isHandshakeComplete()
        && server.closed() == null) {
      rebinding.onDelivered(packet.number(), packet.datagram().source(), nowNanos);
    }
  }

  /** It may be read, or buffered, or thrown away. */
  private void onEarlyDelivered(TappedPacket packet, Side receiver) {
    for (TappedFrame frame : packet.frames()) {
      if (frame instanceof TappedFrame.Stream stream) {
        independence()
            .onDelivered(receiver, stream.streamId(), stream.offset(), stream.end(), false);
      }
    }
  }

  @Override
  public void onUnreadable(Datagram datagram, String why, long nowNanos) {
    if (concerns(datagram)) {
      throw new Violation(Conversation.class, "sent what cannot be read: " + datagram + ": " + why);
    }
  }

  @Override
  public void onTurn(Node node, long nowNanos) {
    for (Side side : Side.values()) {
      if (nodes.get(side) == node) {
        checkReadable(peer(side));
        if (mayAcknowledge(side)) {
          ackDelay.check(side, nowNanos - nodes.get(side).timerGranularityNanos());
        }
        rebinding.check(nowNanos);
      }
    }
  }

  /** RFC 9000 §8.1: to an address that is not validated little may be sent, whatever it is. */
  private boolean mayAcknowledge(Side side) {
    return side == Side.CLIENT
        || !(peer(side).connection() instanceof QuicConnection connection)
        || amplification.isValidated(connection.remote());
  }

  @Override
  public void onDropped(Datagram datagram, DropReason reason, long nowNanos) {
    if (concerns(datagram)) {
      blame.onLost();
    }
  }

  @Override
  public void onDelivered(Datagram datagram, boolean intact, long nowNanos) {
    if (concerns(datagram)) {
      if (intact) {
        blame.onArrived(receiver(datagram));
      } else {
        blame.onLost();
      }
    }
  }

  private boolean concerns(TappedConnection connection) {
    return connection.firstDestination().equals(name);
  }

  /** Whether an endpoint has sent it over this connection. */
  boolean concerns(Datagram datagram) {
    return ownDatagrams.contains(datagram.id());
  }

  private Side receiver(Datagram datagram) {
    return rebindings.include(datagram.destination()) ? Side.CLIENT : Side.SERVER;
  }

  @Override
  public void beforeTransmit(QuicConnection connection, long nowNanos) {
    if (isOurs(connection)) {
      ConnectionStatistics statistics = connection.statistics();
      probesBefore = statistics.probesSent();
      batches.beforeTransmit(
          statistics.windowBytes(),
          statistics.smoothedRttNanos(),
          maxDatagramBytes.get(side(connection)));
      congestion
          .get(side(connection))
          .beforeTransmit(
              statistics.windowBytes(),
              statistics.bytesInFlight(),
              statistics.probesSent(),
              statistics.congestionEvents());
    }
  }

  @Override
  public void afterTransmit(QuicConnection connection, long nowNanos) {
    if (isOurs(connection)) {
      congestion
          .get(side(connection))
          .afterTransmit(
              connection.statistics().probesSent(),
              maxDatagramBytes.get(side(connection)),
              connection.statistics().bytesInFlight());
      batches.afterTransmit();
      Peer peer = peer(side(connection));
      boolean withheld = peer.earlyData() == EarlyData.REFUSED || !peer.isHandshakeComplete();
      boolean probes = connection.statistics().probesSent() > probesBefore;
      scheduling
          .get(side(connection))
          .onBatchEnd(
              withheld ? List.of() : peer.scheduled(),
              connection.mux().sendCreditBytes() > 0,
              probes);
    }
  }

  private boolean isOurs(QuicConnection connection) {
    return names.contains(connection.originalDcid());
  }

  private static Side side(QuicConnection connection) {
    return connection.isServer() ? Side.SERVER : Side.CLIENT;
  }
}
