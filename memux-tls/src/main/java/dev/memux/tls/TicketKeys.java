package dev.memux.tls;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * The keys with which servers encrypt their session tickets (RFC 8446 §4.6.1), so that they need
 * not remember sessions. Share one among all configurations and threads whose tickets should be
 * good for one another; calls never block.
 *
 * <p>Keys change by themselves, as those of any {@link KeyRing}. They are only in memory: after a
 * restart clients shake hands in full.
 */
public final class TicketKeys {
  private static final Duration MAX_LIFETIME = Duration.ofDays(7); // RFC 8446 §4.6.1
  private static final byte[] NO_CONTEXT = {};

  private final long lifetimeMillis;
  private final InstantSource clock;
  private final KeyRing ring;

  /**
   * @param lifetime of tickets, from a second to seven days; also the longest time for which a
   *     session can be resumed before both sides prove again who they are
   * @param clock time of day; may be any that does not go back
   * @param random for keys and nonces; must be safe for use by many threads, as the JDK's is
   */
  public TicketKeys(Duration lifetime, InstantSource clock, SecureRandom random) {
    if (lifetime.compareTo(Duration.ofSeconds(1)) < 0 || lifetime.compareTo(MAX_LIFETIME) > 0) {
      throw new IllegalArgumentException("a ticket lifetime of " + lifetime);
    }
    this.lifetimeMillis = lifetime.toMillis();
    this.clock = clock;
    this.ring = new KeyRing(lifetimeMillis, random);
  }

  long nowMillis() {
    return clock.millis();
  }

  /** How long from now a session can be resumed; 0 or less: no more. */
  long remainingMillis(Ticket ticket) {
    long ageMillis = nowMillis() - ticket.authenticatedMillis();
    return ageMillis < 0 ? 0 : lifetimeMillis - ageMillis;
  }

  /** Encrypts a ticket's content. */
  byte[] seal(byte[] content) {
    return ring.seal(content, NO_CONTEXT, nowMillis());
  }

  /** The content of a ticket, or null: not one of ours, or too old. */
  byte @Nullable [] open(byte[] ticket) {
    return ring.open(ticket, NO_CONTEXT, nowMillis());
  }

  int keyCount() {
    return ring.keyCount();
  }
}
