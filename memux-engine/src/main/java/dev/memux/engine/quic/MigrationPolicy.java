package dev.memux.engine.quic;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a server tells its clients of changing addresses (RFC 9000 §18.2), and what a client makes
 * of it. Clients whose addresses change without their doing are followed whatever it says.
 *
 * @param activeMigration of a server: whether clients may move of their own will
 * @param preferredV4 of a server: where clients should go after the handshake; null: they may stay
 * @param preferredV6 the same for IPv6
 * @param followsPreferred of a client: whether it goes where a server would like it to
 */
public record MigrationPolicy(
    boolean activeMigration,
    @Nullable InetSocketAddress preferredV4,
    @Nullable InetSocketAddress preferredV6,
    boolean followsPreferred) {
  /** Clients may move; a server would like none to, but if it does, they follow. */
  public static final MigrationPolicy DEFAULT = new MigrationPolicy(true, null, null, true);

  /**
   * @throws IllegalArgumentException if an address is not of its family, or cannot be sent to
   */
  public MigrationPolicy {
    check(preferredV4, Inet4Address.class);
    check(preferredV6, Inet6Address.class);
  }

  private static void check(@Nullable InetSocketAddress preferred, Class<?> family) {
    if (preferred != null
        && (!family.isInstance(preferred.getAddress())
            || preferred.getAddress().isAnyLocalAddress()
            || preferred.getPort() == 0)) {
      throw new IllegalArgumentException("preferred address " + preferred);
    }
  }

  /** Whether clients are to go elsewhere after the handshake. */
  public boolean hasPreferredAddress() {
    return preferredV4 != null || preferredV6 != null;
  }

  /** The same where clients may move of their own will, or may not. */
  public MigrationPolicy withActiveMigration(boolean allowed) {
    return new MigrationPolicy(allowed, preferredV4, preferredV6, followsPreferred);
  }

  /** The same with other addresses to go to after the handshake; null for none. */
  public MigrationPolicy withPreferredAddress(
      @Nullable InetSocketAddress v4, @Nullable InetSocketAddress v6) {
    return new MigrationPolicy(activeMigration, v4, v6, followsPreferred);
  }

  /** The same where a client goes where a server would like it to, or stays. */
  public MigrationPolicy withFollowsPreferred(boolean follows) {
    return new MigrationPolicy(activeMigration, preferredV4, preferredV6, follows);
  }
}
