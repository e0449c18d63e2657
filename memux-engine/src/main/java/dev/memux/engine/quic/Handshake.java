package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.recovery.PacketSpace;
import dev.memux.engine.wire.FrameType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.tls.EncryptionLevel;
import dev.memux.tls.TlsAlertException;
import dev.memux.tls.TlsEvent;
import dev.memux.tls.TlsHandshake;
import dev.memux.tls.TlsSession;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Drives TLS over CRYPTO frames (RFC 9001 §4): bytes both ways, keys, transport parameters. */
final class Handshake {
  /** What the connection learns from its handshake. */
  interface Listener {
    void onKeys(PacketNumberSpace space);

    void onEarlyDataOffered(TransportParameters remembered);

    void onEarlyDataAnswered(boolean accepted);

    void onPeerParameters(TransportParameters parameters) throws ProtocolException;

    void onComplete(TlsSession session);
  }

  private TlsHandshake tls;
  private final boolean server;
  private final PacketProtection protection;
  private final ConnectionVersion version;
  private final PacketNumberSpace[] spaces;
  private final ZeroRtt zeroRtt;
  private final Listener listener;
  private @Nullable HandshakeWork work;
  private boolean complete;

  Handshake(
      TlsHandshake tls,
      boolean server,
      PacketProtection protection,
      ConnectionVersion version,
      PacketNumberSpace[] spaces,
      ZeroRtt zeroRtt,
      Listener listener) {
    this.tls = tls;
    this.server = server;
    this.protection = protection;
    this.version = version;
    this.spaces = spaces;
    this.zeroRtt = zeroRtt;
    this.listener = listener;
  }

  boolean isComplete() {
    return complete;
  }

  void start() {
    tls.start();
    try {
      drain();
    } catch (ProtocolException e) {
      throw new IllegalStateException("handshake failed before it began", e);
    }
  }

  /** A client begins again in another version, with {@code next} (RFC 9368 §2.1). */
  void restart(TlsHandshake next) {
    space(EncryptionLevel.INITIAL).restartCrypto();
    tls = next;
    start();
  }

  /** A client's server has answered in another version. */
  void onVersion(QuicVersion chosen) {
    tls.onQuicVersion(chosen.code());
  }

  /**
   * A CRYPTO frame came in a packet of {@code space}.
   *
   * @return whether it brings TLS further
   */
  boolean onCrypto(PacketNumberSpace space, long offset, byte[] data, int from, int length)
      throws ProtocolException {
    if (!server) {
      version.onServerCrypto();
    }
    space.crypto.receive(offset, data, from, length);
    if (!space.crypto.isReadable()) {
      return false;
    }
    advance(space);
    return true;
  }

  /** Whether TLS is at work, or waits for it: what has arrived since has to wait, too. */
  boolean isAtWork() {
    return work != null;
  }

  /** See {@link QuicConnection#takeHandshakeWork}. */
  @Nullable Runnable takeWork() {
    return work != null && work.take() ? work : null;
  }

  /** The work that was taken is done; there may be more of it. */
  void onWorkDone() throws ProtocolException {
    HandshakeWork done = work;
    if (done == null) {
      throw new IllegalStateException("no work was taken");
    }
    work = null;
    conclude(done);
    for (PacketNumberSpace space : spaces) {
      advance(space);
    }
  }

  /** Gives TLS what it can read, or makes that work for somebody else. */
  private void advance(PacketNumberSpace space) throws ProtocolException {
    if (work != null || !space.crypto.isReadable()) {
      return;
    }
    HandshakeWork next = new HandshakeWork(tls, space.level, space.crypto.read());
    if (tls.mayTakeLong()) {
      work = next;
    } else {
      next.run();
      conclude(next);
    }
  }

  private void conclude(HandshakeWork done) throws ProtocolException {
    TlsAlertException alert = done.alert();
    drain(); // also what it wrote before it failed, so that the peer can read the error
    if (alert != null) {
      throw new ProtocolException(
          alert.transportError(), FrameType.CRYPTO.code(), String.valueOf(alert.getMessage()));
    }
  }

  private void drain() throws ProtocolException {
    for (TlsEvent event = tls.pollEvent(); event != null; event = tls.pollEvent()) {
      switch (event) {
        case TlsEvent.HandshakeBytes out -> space(out.level()).crypto.write(out.bytes());
        case TlsEvent.ReadSecret read -> onReadSecret(read);
        case TlsEvent.WriteSecret write -> onWriteSecret(write);
        case TlsEvent.EarlyDataOffered offered -> onEarlyDataOffered(offered);
        case TlsEvent.EarlyDataAnswered answered ->
            listener.onEarlyDataAnswered(answered.accepted());
        case TlsEvent.PeerTransportParameters parameters ->
            listener.onPeerParameters(TransportParameters.decode(parameters.encoded(), !server));
        case TlsEvent.HandshakeComplete done -> {
          complete = true;
          listener.onComplete(done.session());
        }
      }
    }
  }

  private void onReadSecret(TlsEvent.ReadSecret read) {
    PacketNumberSpace space = space(read.level());
    PacketOpener opener =
        new PacketOpener(protection, version(read.level()), read.suite(), read.secret());
    if (read.level() == EncryptionLevel.EARLY) {
      zeroRtt.onOpener(opener);
    } else {
      space.opener = opener;
    }
    listener.onKeys(space);
  }

  private void onWriteSecret(TlsEvent.WriteSecret write) {
    PacketNumberSpace space = space(write.level());
    PacketSealer sealer =
        new PacketSealer(protection, version(write.level()), write.suite(), write.secret());
    switch (write.level()) {
      case EARLY -> zeroRtt.onSealer(sealer);
      case APPLICATION -> zeroRtt.onOneRttSealer(sealer);
      case INITIAL, HANDSHAKE -> space.sealer = sealer;
    }
    listener.onKeys(space);
  }

  /** RFC 9369 §4.1: early data stays in the version that the client has begun with. */
  private QuicVersion version(EncryptionLevel level) {
    return level == EncryptionLevel.EARLY ? version.begun() : version.current();
  }

  private void onEarlyDataOffered(TlsEvent.EarlyDataOffered offered) {
    try {
      listener.onEarlyDataOffered(
          TransportParameters.decode(offered.transportParameters(), !server));
    } catch (ProtocolException e) {
      // Kept somewhere and damaged there: nothing is sent early then.
    }
  }

  private PacketNumberSpace space(EncryptionLevel level) {
    return switch (level) {
      case INITIAL -> spaces[PacketSpace.INITIAL.ordinal()];
      case HANDSHAKE -> spaces[PacketSpace.HANDSHAKE.ordinal()];
      case EARLY, APPLICATION -> spaces[PacketSpace.APPLICATION.ordinal()];
    };
  }

  /**
   * RFC 9000 §7.3: the IDs that travelled unprotected must be those that the peer says it used, or
   * somebody has interfered.
   *
   * @param start on a client, where its packets went; null on a server
   * @param source what the peer's first packet came from
   */
  static void checkConnectionIds(
      TransportParameters peer, @Nullable ConnectionStart start, ConnectionId source)
      throws ProtocolException {
    require(peer.initialSourceConnectionId(), source, "initial_source_connection_id");
    if (start == null) {
      return;
    }
    require(
        peer.originalDestinationConnectionId(),
        start.original(),
        "original_destination_connection_id");
    ConnectionId retrySource = start.retrySource();
    if (retrySource != null) {
      require(peer.retrySourceConnectionId(), retrySource, "retry_source_connection_id");
    } else if (peer.retrySourceConnectionId() != null) {
      throw new ProtocolException(
          TransportError.TRANSPORT_PARAMETER_ERROR, 0, "retry_source_connection_id without Retry");
    }
  }

  private static void require(byte @Nullable [] said, ConnectionId seen, String name)
      throws ProtocolException {
    if (said == null || !Arrays.equals(said, seen.toByteArray())) {
      throw new ProtocolException(
          TransportError.TRANSPORT_PARAMETER_ERROR,
          0,
          name + (said == null ? " missing" : " does not match"));
    }
  }
}
