package dev.memux.engine.quic;

import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.ResumableSession;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The versions of QUIC that an endpoint speaks, and which of them it would have (RFC 9368).
 *
 * @param versions the preferred one first; a client offers them all
 * @param begin what a client begins with where nothing is known of the server: a session or a token
 *     of another version has it begin with that one
 * @param changes whether a server goes on in the first of them that a client offers, instead of in
 *     the one that the client has begun with (RFC 9368 §2.3)
 */
public record VersionPolicy(List<QuicVersion> versions, QuicVersion begin, boolean changes) {
  /**
   * Version 1 first, as all servers and most networks know it; whoever wants version 2 gets it, but
   * is not asked to: it has no other merit than to be another one (RFC 9369 §1). So do quic-go,
   * which begins with the first of its versions, and ngtcp2, whose servers change only to versions
   * that they were told to prefer.
   */
  public static final VersionPolicy DEFAULT =
      new VersionPolicy(List.of(QuicVersion.V1, QuicVersion.V2), QuicVersion.V1, false);

  /**
   * @throws IllegalArgumentException if there is no version, one twice, or {@code begin} not among
   *     them
   */
  public VersionPolicy {
    versions = List.copyOf(versions);
    if (versions.isEmpty() || Set.copyOf(versions).size() != versions.size()) {
      throw new IllegalArgumentException("versions " + versions);
    }
    if (!versions.contains(begin)) {
      throw new IllegalArgumentException("begins with " + begin + ", speaks " + versions);
    }
  }

  /** One version and no other. */
  public static VersionPolicy only(QuicVersion version) {
    return new VersionPolicy(List.of(version), version, false);
  }

  /** These, in this order, on a server also against a client that begins with a later one. */
  public static VersionPolicy preferring(QuicVersion... versions) {
    return new VersionPolicy(List.of(versions), versions[0], true);
  }

  /**
   * The same for a client that begins with a version that more servers speak, and hopes to be led
   * to the one it prefers (RFC 9368 §2.5).
   */
  public VersionPolicy beginningWith(QuicVersion version) {
    return new VersionPolicy(versions, version, changes);
  }

  /**
   * What a client begins with. RFC 9369 §6: whoever gave a session or a token of a version means to
   * go on speaking it; and neither is good for another one (§5).
   *
   * @param session to resume; null: none
   */
  QuicVersion first(@Nullable ResumableSession session, VersionedToken token) {
    QuicVersion resumed = session == null ? null : QuicVersion.of(session.quicVersion());
    if (resumed != null && speaks(resumed)) {
      return resumed;
    }
    QuicVersion known = token.version();
    return known != null && speaks(known) ? known : begin;
  }

  /** Whether packets of that version are taken; null is any that nobody speaks here. */
  boolean speaks(@Nullable QuicVersion version) {
    return version != null && versions.contains(version);
  }

  /** The first of those that a Version Negotiation packet offers; null: none of them is spoken. */
  @Nullable QuicVersion choose(List<QuicVersion> offered) {
    for (QuicVersion version : versions) {
      if (offered.contains(version)) {
        return version;
      }
    }
    return null;
  }

  /**
   * What a server answers in. All versions that are spoken here are compatible (RFC 9369 §4).
   *
   * @param begun the version that the client has chosen, which is spoken here
   * @param available the codes of those that it offers
   */
  QuicVersion answer(QuicVersion begun, List<Integer> available) {
    if (changes) {
      for (QuicVersion version : versions) {
        if (available.contains(version.code())) {
          return version;
        }
      }
    }
    return begun;
  }
}
