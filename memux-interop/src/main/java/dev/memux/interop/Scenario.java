package dev.memux.interop;

import dev.memux.sim.LinkProfile;
import dev.memux.sim.Outage;
import java.time.Duration;
import java.util.Set;

/**
 * What the network between two ends does. The impairments that the runner's simulator has come at
 * the far end of the link, as there: what they take has used its bandwidth.
 *
 * @param link of either direction
 * @param drops how many of a hundred datagrams are lost, at most {@link #burst} in a row
 * @param corruptions how many of a hundred datagrams have one of their first bytes changed
 * @param burst the most that is dropped, or corrupted, in a row
 * @param dropsToServer which datagrams to the server are dropped, counted from 1
 * @param firstRebinding how long after the first datagram clients' addresses, as the server sees
 *     them, change; zero: never
 * @param rebindingEvery how often they change again
 * @param rebindsAddress whether the IP address changes with the port
 */
record Scenario(
    LinkProfile link,
    int drops,
    int corruptions,
    int burst,
    Set<Integer> dropsToServer,
    Duration firstRebinding,
    Duration rebindingEvery,
    boolean rebindsAddress) {
  /** What a datagram takes of the link besides its payload: IPv4, UDP and the runner's PPP. */
  private static final int HEADER_BYTES = 30;

  /** Payload of a datagram in an Ethernet frame, over IPv4. */
  private static final int MTU_BYTES = 1472;

  private static final long RATE = 10_000_000;
  private static final int QUEUE_DATAGRAMS = 25;
  private static final int BURST = 3;

  /** The runner's link: 10 Mbit/s with a queue of 25 packets. */
  static Scenario delay(long millis) {
    LinkProfile link =
        LinkProfile.builder()
            .delayMillis(millis)
            .rateBitsPerSecond(RATE)
            .headerBytes(HEADER_BYTES)
            .queueDatagrams(QUEUE_DATAGRAMS)
            .mtuBytes(MTU_BYTES)
            .build();
    return new Scenario(link, 0, 0, BURST, Set.of(), Duration.ZERO, Duration.ZERO, false);
  }

  Scenario dropping(int percent) {
    return new Scenario(
        link,
        percent,
        corruptions,
        burst,
        dropsToServer,
        firstRebinding,
        rebindingEvery,
        rebindsAddress);
  }

  Scenario corrupting(int percent) {
    return new Scenario(
        link, drops, percent, burst, dropsToServer, firstRebinding, rebindingEvery, rebindsAddress);
  }

  Scenario droppingToServer(Integer... numbers) {
    return new Scenario(
        link,
        drops,
        corruptions,
        burst,
        Set.of(numbers),
        firstRebinding,
        rebindingEvery,
        rebindsAddress);
  }

  Scenario rebinding(Duration first, Duration every, boolean address) {
    return new Scenario(link, drops, corruptions, burst, dropsToServer, first, every, address);
  }

  /** The link works for a time, then loses everything for a time, and so on. */
  Scenario outages(Duration on, Duration off) {
    return with(link.toBuilder().outage(new Outage(on.toNanos(), off.toNanos())).build());
  }

  Scenario with(LinkProfile other) {
    return new Scenario(
        other,
        drops,
        corruptions,
        burst,
        dropsToServer,
        firstRebinding,
        rebindingEvery,
        rebindsAddress);
  }
}
