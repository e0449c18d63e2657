package dev.memux.engine.quic;

import dev.memux.engine.mux.Mux;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.tls.EarlyData;
import dev.memux.tls.TlsSession;
import org.jspecify.annotations.Nullable;

/**
 * The early data of one connection (RFC 9001 §4.6): its keys, and until when they are used. 0-RTT
 * packets have the numbers of 1-RTT packets (RFC 9000 §12.3).
 */
final class ZeroRtt {
  /** RFC 9001 §4.9.3: how long packets are waited for that 1-RTT packets overtook. */
  private static final int KEEP_PTOS = 3;

  private final PacketNumberSpace application;
  private final PacketNumberSpace handshake;
  private final Mux mux;

  private EarlyData state = EarlyData.NONE;

  /** On a client: what it goes by (RFC 9000 §7.4.1). */
  private @Nullable TransportParameters remembered;

  /** On a server that has taken the offer. */
  private @Nullable PacketOpener opener;

  private long openerEndsNanos = Long.MAX_VALUE;

  /**
   * @param application where the numbers come from
   * @param handshake whose keys come after the server's answer
   */
  ZeroRtt(PacketNumberSpace application, PacketNumberSpace handshake, Mux mux) {
    this.application = application;
    this.handshake = handshake;
    this.mux = mux;
  }

  // A client's.

  /** Early data may be sent to a server that had these parameters. */
  void onOffered(TransportParameters parameters) {
    remembered = parameters.remembered();
    mux.onPeerParameters(remembered);
  }

  boolean isOffered() {
    return remembered != null;
  }

  /** The key for that is there. */
  void onSealer(PacketSealer sealer) {
    if (remembered != null) {
      application.sealer = sealer;
      application.sealsEarly = true;
    } else {
      sealer.discard();
    }
  }

  /** RFC 9001 §4.9.3: 1-RTT keys take the place of the 0-RTT keys. */
  void onOneRttSealer(PacketSealer sealer) {
    dropEarlySealer();
    application.sealer = sealer;
    application.keyPhases.onFirstSealer();
  }

  /** RFC 9001 §4.6.2: nothing of what was sent counts; it goes again when there are keys. */
  void onRefused() {
    state = EarlyData.REFUSED;
    if (application.sealsEarly) {
      dropEarlySealer();
      mux.onEarlyDataRefused();
    }
  }

  private void dropEarlySealer() {
    PacketSealer early = application.sealer;
    if (application.sealsEarly && early != null) {
      early.discard();
      application.sealer = null;
    }
    application.sealsEarly = false;
  }

  /**
   * What was agreed on, with what became of early data: a handshake that began again in another
   * version knows nothing of what was sent before.
   */
  TlsSession judge(TlsSession session) {
    return isOffered() && session.earlyData() == EarlyData.NONE
        ? session.withEarlyData(EarlyData.REFUSED)
        : session;
  }

  void onAccepted() {
    state = EarlyData.ACCEPTED;
  }

  boolean isAccepted() {
    return state == EarlyData.ACCEPTED;
  }

  /**
   * RFC 9000 §7.4.1: a server that takes early data must not lower the limits which that data may
   * have used up, or its client would have broken them without knowing.
   */
  void checkKept(TransportParameters now) throws ProtocolException {
    if (remembered != null && state == EarlyData.ACCEPTED && !now.allowsAllOf(remembered)) {
      throw new ProtocolException(
          TransportError.PROTOCOL_VIOLATION, 0, "early data accepted with lower limits");
    }
  }

  // A server's.

  void onOpener(PacketOpener key) {
    opener = key;
  }

  /** The key for 0-RTT packets; null: there is none, or none any more. */
  @Nullable PacketOpener opener(long nowNanos) {
    if (nowNanos >= openerEndsNanos) {
      discard();
    }
    return opener;
  }

  /** No more 0-RTT packets are opened. */
  void discard() {
    if (opener != null) {
      opener.discard();
      opener = null;
    }
  }

  /** Whether a packet that cannot be opened now may be opened later. */
  boolean mayStillOpen() {
    return state == EarlyData.NONE && handshake.opener == null && !handshake.isDiscarded();
  }

  /** A 1-RTT packet has come, so no new 0-RTT packets follow: those under way are waited for. */
  void onOneRttPacket(long ptoNanos, long nowNanos) {
    if (opener(nowNanos) != null) {
      openerEndsNanos = Math.min(openerEndsNanos, nowNanos + KEEP_PTOS * ptoNanos);
    }
  }
}
