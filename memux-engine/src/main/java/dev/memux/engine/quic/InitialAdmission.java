package dev.memux.engine.quic;

import static java.util.Objects.requireNonNull;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.wire.QuicVersion;
import java.net.InetSocketAddress;
import java.util.Arrays;

/**
 * Decides what becomes of a client's first packet, before anything is computed or kept for it (RFC
 * 9000 §8.1.2).
 */
final class InitialAdmission {
  /** What to do. */
  sealed interface Decision {
    /** Begin a connection. */
    record Accept(ConnectionStart start) implements Decision {}

    /** Have the client prove its address. */
    record DemandProof(ConnectionId original) implements Decision {}

    /** Tell it INVALID_TOKEN. */
    record RefuseToken() implements Decision {}
  }

  private final AddressValidationPolicy policy;
  private final AddressTokens tokens;
  private final HandshakeSlots slots;

  InitialAdmission(AddressValidationPolicy policy, AddressTokens tokens, HandshakeSlots slots) {
    this.policy = policy;
    this.tokens = tokens;
    this.slots = slots;
  }

  /** {@code initial} is the packet's header, parsed from {@code datagram}. */
  Decision decide(InetSocketAddress remote, byte[] datagram, PacketHeader initial, long nowNanos) {
    QuicVersion version = requireNonNull(initial.quicVersion());
    ConnectionId dcid = ConnectionId.of(datagram, initial.dcidFrom(), initial.dcidLength());
    byte[] token =
        Arrays.copyOfRange(
            datagram, initial.tokenFrom(), initial.tokenFrom() + initial.tokenLength());
    return switch (tokens.examine(version, remote, dcid, token, nowNanos)) {
      case AddressTokens.Evidence.Retried retried ->
          new Decision.Accept(ConnectionStart.afterRetry(retried.original(), dcid));
      case AddressTokens.Evidence.KnownAddress known ->
          new Decision.Accept(ConnectionStart.withToken(dcid));
      case AddressTokens.Evidence.InvalidRetryToken invalid -> new Decision.RefuseToken();
      case AddressTokens.Evidence.None none -> decideWithoutProof(dcid);
    };
  }

  private Decision decideWithoutProof(ConnectionId dcid) {
    int others = slots.unvalidatedCount();
    return policy.demandsProof(others)
        ? new Decision.DemandProof(dcid)
        : new Decision.Accept(ConnectionStart.withoutToken(dcid, policy.demandsHaste(others)));
  }
}
