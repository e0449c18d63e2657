package dev.memux.cli;

import dev.memux.lab.LinkEmulator;
import dev.memux.sim.LinkProfile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How long it takes until a response that has become more urgent is what arrives: two endless ones
 * fill a link, and every now and then the client raises the one that waits.
 */
final class Reprioritization {
  /** The link is full, and its sender past its first search for the rate. */
  private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(3);

  /** For so long nothing of the waiting response arrives any more before it is raised. */
  private static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(800);

  private static final long PATIENCE_SECONDS = 30;
  static final int PACKET_BYTES = 1500;

  private final LinkEmulator link;
  private final LinkProfile down;
  private final long roundTripNanos;
  private final long heldBelowBytes;
  private final List<Punctuality> machine;
  private final long[] lastDataNanos = new long[2];

  private volatile int raised;
  private volatile long saidNanos;
  private volatile long heardNanos;
  private volatile CompletableFuture<Long> arrived = new CompletableFuture<>();

  /**
   * What came of raising a response once.
   *
   * @param tookNanos from the client's word to the response's next byte
   * @param heardNanos of that, until the server had the client's word
   * @param backlogNanos what the bottleneck needed for what was queued when the server heard it
   * @param boundNanos a round trip, the backlog, two packets, and what is held below the decision
   * @param lostPackets that the link has dropped meanwhile: over TCP all that follows waits for
   *     them
   * @param latenessNanos what the machine added at worst: how late client, server and link were
   */
  record Round(
      long tookNanos,
      long heardNanos,
      long backlogNanos,
      long boundNanos,
      long lostPackets,
      long latenessNanos) {}

  /**
   * @param heldBelowBytes what a late decision leaves below itself
   * @param machine watches the loops of client and server
   */
  Reprioritization(
      LinkEmulator link,
      LinkProfile up,
      LinkProfile down,
      long heldBelowBytes,
      List<Punctuality> machine) {
    this.heldBelowBytes = heldBelowBytes;
    this.machine = machine;
    this.link = link;
    this.down = down;
    roundTripNanos = up.delayNanos() + down.delayNanos();
  }

  /** How long the bottleneck needs for so many bytes. */
  long transmissionNanos(long bytes) {
    return Math.ceilDiv(bytes * 8_000_000_000L, down.rateBitsPerSecond());
  }

  /** What a server has to call when a response's urgency has changed there. */
  void onUrgency(String path, int urgency) {
    if (urgency == RivalResponses.RAISED_URGENCY && path.equals(RivalResponses.path(raised))) {
      heardNanos = System.nanoTime();
    }
  }

  /** Raises the waiting one of the two {@code rounds} times. */
  List<Round> run(RivalResponses responses, int rounds) throws Exception {
    responses.begin(this::onData);
    Thread.sleep(TimeUnit.NANOSECONDS.toMillis(SETTLE_NANOS));
    List<Round> results = new ArrayList<>();
    int next = 1;
    for (int i = 0; i < rounds; i++) {
      awaitSilence(next);
      results.add(raise(responses, next));
      next = 1 - next;
    }
    return results;
  }

  private Round raise(RivalResponses responses, int index) throws Exception {
    CompletableFuture<Long> arrival = new CompletableFuture<>();
    heardNanos = 0;
    latenessNanos(); // from now on
    long lostBefore = lostPackets();
    responses.raise(
        index,
        () -> {
          raised = index;
          arrived = arrival;
          saidNanos = System.nanoTime();
        });
    long arrivedNanos;
    try {
      arrivedNanos = arrival.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      throw new IOException("the raised response never came", e);
    }
    long backlogNanos = link.backlogNanosToNear(heardNanos);
    return new Round(
        arrivedNanos - saidNanos,
        heardNanos - saidNanos,
        backlogNanos,
        roundTripNanos + backlogNanos + transmissionNanos(2 * PACKET_BYTES + heldBelowBytes),
        lostPackets() - lostBefore,
        latenessNanos() + link.statisticsToNear().worstLatenessNanos());
  }

  private long lostPackets() throws InterruptedException {
    return link.statisticsToNear().dropped().values().stream().mapToLong(Long::longValue).sum();
  }

  private long latenessNanos() {
    return machine.stream().mapToLong(Punctuality::takeWorstNanos).sum();
  }

  private void onData(int index) {
    long now = System.nanoTime();
    synchronized (lastDataNanos) {
      lastDataNanos[index] = now;
    }
    if (index == raised) {
      arrived.complete(now);
    }
  }

  private void awaitSilence(int index) throws IOException, InterruptedException {
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    for (long left; (left = SILENCE_NANOS - silentNanos(index)) > 0; ) {
      if (System.nanoTime() > endNanos) {
        throw new IOException("the response that should wait does not");
      }
      Thread.sleep(TimeUnit.NANOSECONDS.toMillis(left) + 1);
    }
  }

  private long silentNanos(int index) {
    synchronized (lastDataNanos) {
      return System.nanoTime() - lastDataNanos[index];
    }
  }
}
