package dev.memux.tls;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;

/**
 * Refuses early data that comes a second time (RFC 8446 §8, RFC 9001 §9.2): remembers each
 * ClientHello whose early data was taken for as long as that hello counts as fresh. Whatever it
 * refuses costs the client a round trip, never the connection. Share one among all configurations
 * and threads that share {@link TicketKeys}; calls never wait for anything but each other.
 */
public final class StrikeRegister {
  /** Enough for 6,500 connections with early data a second in a window of ten seconds. */
  public static final int DEFAULT_MAX_ENTRIES = 1 << 16;

  /** Clocks drift and packets are delayed; a longer window only costs memory. */
  public static final Duration DEFAULT_WINDOW = Duration.ofSeconds(10);

  private final long windowMillis;
  private final int maxEntries;
  private final InstantSource clock;
  private final long createdMillis;

  // Two windows: what was entered in one is kept until the end of the next.
  private Set<Long> current = new HashSet<>();
  private Set<Long> previous = new HashSet<>();
  private long currentSinceMillis;

  /**
   * @param window for how long a ClientHello counts as fresh: half of it before and half of it
   *     after the time at which, by the age it claims for its ticket, it was sent
   * @param maxEntries how many are remembered per window; beyond that early data is refused
   * @param clock time of day, the same that the {@link TicketKeys} have
   */
  public StrikeRegister(Duration window, int maxEntries, InstantSource clock) {
    if (window.toMillis() < 2 || maxEntries < 1) {
      throw new IllegalArgumentException(
          "a strike register of " + maxEntries + " entries for " + window);
    }
    this.windowMillis = window.toMillis();
    this.maxEntries = maxEntries;
    this.clock = clock;
    this.createdMillis = clock.millis();
    this.currentSinceMillis = createdMillis;
  }

  /**
   * Whether early data may be taken; true at most once for each hello.
   *
   * @param hello part of the ClientHello's binder: nobody without the ticket's key can make two
   *     hellos that share it, and none can be changed without changing it (RFC 8446 §8.2)
   * @param ticketIssuedMillis when the ticket was given out
   * @param ticketAgeMillis how old the ticket is, according to the client
   */
  synchronized boolean strike(long hello, long ticketIssuedMillis, long ticketAgeMillis) {
    long now = clock.millis();
    // RFC 8446 §8.3: a hello that is not fresh may have been forgotten here, or never known.
    long sentMillis = ticketIssuedMillis + ticketAgeMillis;
    if (Math.abs(now - sentMillis) > windowMillis / 2) {
      return false;
    }
    // RFC 8446 §8.2: what a register before this one has taken is not known here. It can only
    // have come with a ticket from before.
    if (ticketIssuedMillis < createdMillis && now < createdMillis + windowMillis) {
      return false;
    }
    rotate(now);
    if (current.contains(hello) || previous.contains(hello) || current.size() >= maxEntries) {
      return false;
    }
    current.add(hello);
    return true;
  }

  /** Hellos remembered now. */
  synchronized int size() {
    return current.size() + previous.size();
  }

  private void rotate(long now) {
    long age = now - currentSinceMillis;
    if (age < windowMillis) {
      return;
    }
    previous = age < 2 * windowMillis ? current : new HashSet<>();
    current = new HashSet<>();
    currentSinceMillis = now;
  }
}
