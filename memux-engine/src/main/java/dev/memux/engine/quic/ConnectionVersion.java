package dev.memux.engine.quic;

import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportError;
import dev.memux.engine.wire.VersionInformation;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The version of one connection: which it began with, which it goes on in, and whether nobody has
 * talked its ends into a worse one (RFC 9368).
 */
final class ConnectionVersion {
  private final VersionPolicy policy;

  /** A version that nobody speaks, among those that we say we do; once for a connection. */
  private final int reserved;

  private final int reservedAt;

  private QuicVersion begun;
  private QuicVersion current;

  /** A client's: the server has made its choice. */
  private boolean settled;

  /** A client's: a Version Negotiation packet has made it begin again. */
  private boolean restarted;

  /**
   * @param begun the version of the client's first packets
   */
  ConnectionVersion(VersionPolicy policy, QuicVersion begun, RandomGenerator random) {
    this.policy = policy;
    this.begun = begun;
    this.current = begun;
    long drawn = random.nextLong(); // at once: each call has its price
    this.reserved = QuicVersion.reserved((int) drawn);
    this.reservedAt = Math.floorMod((int) (drawn >>> Integer.SIZE), policy.versions().size() + 1);
  }

  /** Of the client's first packets, and of early data (RFC 9369 §4.1). */
  QuicVersion begun() {
    return begun;
  }

  /** What the connection goes on in, as far as it is known. */
  QuicVersion current() {
    return current;
  }

  /** What packets of a type are sent in. */
  QuicVersion of(PacketType type) {
    return type == PacketType.ZERO_RTT ? begun : current;
  }

  /** What we say of ourselves, if {@code chosen} is what we have chosen (RFC 9368 §3). */
  VersionInformation information(QuicVersion chosen) {
    List<Integer> available = new ArrayList<>();
    policy.versions().forEach(version -> available.add(version.code()));
    available.add(reservedAt, reserved);
    return new VersionInformation(chosen.code(), available);
  }

  // A server's.

  /**
   * What a server answers in; anything that is wrong with what the client says is left to {@link
   * #onClientInformation}. Touches nothing that changes, so that any thread may ask.
   *
   * @param client null: it says nothing of versions
   */
  QuicVersion answer(@Nullable VersionInformation client) {
    return client == null ? begun : policy.answer(begun, client.available());
  }

  /** The client's parameters have come: from now on the server uses {@link #answer}. */
  void onClientInformation(@Nullable VersionInformation client) throws ProtocolException {
    // RFC 9368 §4: or somebody has changed the version on the way.
    if (client != null && client.chosen() != begun.code()) {
      throw error("the client has chosen another version than it has begun with");
    }
    current = answer(client);
  }

  // A client's.

  /**
   * Whether a server's first packets may be of that version, instead of the one that we have begun
   * with (RFC 9369 §4.1).
   */
  boolean mayFollow(QuicVersion version) {
    return !settled && version != current && policy.speaks(version);
  }

  /** The server has answered in that version. */
  void follow(QuicVersion version) {
    current = version;
    settled = true;
  }

  /** RFC 9369 §4.1: handshake data comes in the version that the server has chosen. */
  void onServerCrypto() {
    settled = true;
  }

  /**
   * What to begin again with.
   *
   * @param offered by a Version Negotiation packet
   * @return null: nothing of it is spoken here
   */
  @Nullable QuicVersion choose(List<QuicVersion> offered) {
    return policy.choose(offered);
  }

  /**
   * Whether a Version Negotiation packet must be ignored. RFC 9368 §4: one that lists what we have
   * begun with is forged, and what answers it once would answer it for ever.
   */
  boolean ignores(List<QuicVersion> offered) {
    return restarted || offered.contains(begun);
  }

  /** A new first flight. */
  void restart(QuicVersion version) {
    begun = version;
    current = version;
    restarted = true;
  }

  /** The server's parameters have come (RFC 9368 §4). */
  void onServerInformation(@Nullable VersionInformation server) throws ProtocolException {
    VersionInformation said = server;
    if (said == null && restarted && current == QuicVersion.V1) {
      // RFC 9368 §8: a server of version 1 alone need not know the parameter.
      said = new VersionInformation(current.code(), List.of(current.code()));
    }
    if (said == null) {
      if (restarted || current != begun) {
        throw error("version_information missing");
      }
      return;
    }
    if (said.chosen() != current.code()) {
      // Or a forged header could choose. What we did not offer is none that we follow.
      throw error("the server has chosen another version than it uses");
    }
    if (restarted) {
      checkRestart(said.available());
    }
  }

  /** Had we known all that the server speaks, we would have begun again with the same version. */
  private void checkRestart(List<Integer> available) throws ProtocolException {
    List<QuicVersion> spoken = new ArrayList<>();
    for (int code : available) {
      QuicVersion version = QuicVersion.of(code);
      if (version != null) {
        spoken.add(version);
      }
    }
    boolean named = !available.isEmpty();
    spoken.add(current);
    if (!named || policy.choose(spoken) != begun) {
      throw error("Version Negotiation has left out what the server speaks");
    }
  }

  private static ProtocolException error(String reason) {
    return new ProtocolException(TransportError.VERSION_NEGOTIATION_ERROR, 0, reason);
  }
}
