package dev.memux.engine.quic;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.StreamType;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.recovery.Recovery;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.tls.TlsSession;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * How far a connection's handshake has come, and what each step brings about in the connection's
 * other parts, from the first keys to the confirmation (RFC 9001 §4.1).
 */
final class HandshakeProgress implements Handshake.Listener {
  private static final long NEVER = Long.MAX_VALUE;
  private static final long MILLI_NANOS = 1_000_000;

  private final QuicConnection connection;
  private final boolean server;
  private final ConnectionIdRegistry registry;
  private final PacketReceiver receiver;
  private final Transmitter transmitter;
  private final IdleTimer idleTimer;
  private final Queue<ConnectionEvent> events;
  private final Recovery recovery;
  private final ZeroRtt zeroRtt;

  /** The deadline once the peer's address is validated. */
  private final long lastNanos;

  private long deadlineNanos;
  private @Nullable TransportParameters peerParameters;
  private boolean newKeys;
  private boolean confirmed;

  HandshakeProgress(
      QuicConnection connection,
      QuicConfig config,
      ConnectionIdRegistry registry,
      PacketReceiver receiver,
      Transmitter transmitter,
      IdleTimer idleTimer,
      Queue<ConnectionEvent> events,
      long nowNanos) {
    this.connection = connection;
    this.server = connection.isServer();
    this.registry = registry;
    this.receiver = receiver;
    this.transmitter = transmitter;
    this.idleTimer = idleTimer;
    this.events = events;
    this.recovery = connection.recovery();
    this.zeroRtt = connection.zeroRtt();
    this.lastNanos = nowNanos + config.handshakeTimeoutNanos();
    this.deadlineNanos =
        connection.start().isHurried()
            ? Math.min(lastNanos, nowNanos + config.addressValidation().unvalidatedTimeoutNanos())
            : lastNanos;
  }

  /** When the handshake has taken too long; never once it is complete. */
  long deadlineNanos() {
    return deadlineNanos;
  }

  /** What the peer has said of itself; null before it has. */
  @Nullable TransportParameters peerParameters() {
    return peerParameters;
  }

  /** Whether the peer, too, is known to have completed it (RFC 9001 §4.1.2). */
  boolean isConfirmed() {
    return confirmed;
  }

  /** Whether keys have come since the last time that this was asked. */
  boolean takeNewKeys() {
    boolean taken = newKeys;
    newKeys = false;
    return taken;
  }

  /** RFC 9000 §8.1: the peer receives where we send, and so may take its time. */
  void onAddressValidated() {
    Paths paths = connection.paths();
    if (!paths.active().isValidated()) {
      paths.onHandshakeValidated();
      deadlineNanos = lastNanos;
    }
  }

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
    transmitter.onPeerMaxUdpPayload(remembered.maxUdpPayloadBytes());
    events.add(new ConnectionEvent.EarlyDataReady());
  }

  @Override
  public void onEarlyDataAnswered(boolean accepted) {
    if (accepted) {
      zeroRtt.onAccepted();
      if (server) {
        events.add(new ConnectionEvent.EarlyDataReady());
      }
      return;
    }
    if (!server) {
      recovery.onPacketsRefused(PacketSpace.APPLICATION, connection.receivedAtNanos());
    }
    zeroRtt.onRefused();
  }

  @Override
  public void onPeerParameters(TransportParameters parameters) throws ProtocolException {
    Handshake.checkConnectionIds(
        parameters, server ? null : connection.start(), receiver.peerSource());
    zeroRtt.checkKept(parameters);
    connection.onPeerVersion(parameters.versionInformation());
    connection.fixedBit().onPeerParameters(parameters.greaseQuicBit());
    peerParameters = parameters;
    transmitter.onPeerMaxUdpPayload(parameters.maxUdpPayloadBytes());
    idleTimer.onPeerTimeoutMillis(parameters.maxIdleTimeoutMillis());
    byte[] preferred = parameters.preferredAddress();
    if (preferred != null) {
      connection.peerIds().onPreferredAddress(preferred);
    }
    byte[] resetToken = parameters.statelessResetToken();
    if (resetToken != null) {
      connection.paths().onFirstPeerId(connection.peerIds().onFirstResetToken(resetToken));
    }
    connection.outgoing().ackFrequency().onPeerParameters(parameters);
    recovery.onMaxAckDelay(parameters.maxAckDelayMillis() * MILLI_NANOS);
    if (server) {
      connection.mux().onPeerParameters(parameters);
    }
    transmitter.noteDatagramRoom();
  }

  @Override
  public void onComplete(TlsSession session) {
    deadlineNanos = NEVER;
    connection.spaces()[PacketSpace.APPLICATION.ordinal()].keyPhases.onHandshakeComplete();
    if (!server && peerParameters != null) {
      // RFC 9000 §7.4.1: not before, as 0-RTT packets go by what is remembered.
      connection.mux().onPeerParameters(peerParameters);
    }
    events.add(new ConnectionEvent.HandshakeCompleted(zeroRtt.judge(session)));
    if (zeroRtt.isOffered()) {
      reportNewLimits();
    }
    if (peerParameters != null) {
      connection.localIds().onPeerLimit(peerParameters.activeConnectionIdLimit());
    }
    if (server) {
      long nowNanos = connection.receivedAtNanos();
      OutgoingFrames outgoing = connection.outgoing();
      outgoing.addHandshakeDone();
      QuicVersion version = connection.version().current();
      outgoing.addNewToken(registry.addressToken(version, connection.remote(), nowNanos));
      confirm(nowNanos);
    }
  }

  /** Who was held up by remembered limits learns that they are gone. */
  private void reportNewLimits() {
    for (StreamType type : StreamType.values()) {
      if (connection.mux().openable(type) > 0) {
        events.add(new ConnectionEvent.StreamsAvailable(type));
      }
    }
  }

  /** The server says that it is complete. */
  void onHandshakeDone(long nowNanos) throws ProtocolException {
    if (!connection.isHandshakeComplete()) {
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION,
          FrameType.HANDSHAKE_DONE.code(),
          "before the handshake was complete");
    }
    confirm(nowNanos);
  }

  private void confirm(long nowNanos) {
    if (!confirmed) {
      confirmed = true;
      recovery.onHandshakeConfirmed();
      idleTimer.onHandshakeConfirmed();
      connection.spaces()[PacketSpace.APPLICATION.ordinal()].keyPhases.onHandshakeConfirmed();
      connection.discard(PacketSpace.INITIAL, nowNanos);
      connection.discard(PacketSpace.HANDSHAKE, nowNanos);
      events.add(new ConnectionEvent.HandshakeConfirmed());
    }
  }
}
