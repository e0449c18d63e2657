package dev.memux.sim;

import dev.memux.engine.wire.EcnCounts;
import java.util.ArrayDeque;

/** One direction of a path. Its profile and its filter may change while datagrams are under way. */
public final class Link {
  private static final int MOST_BITS_FLIPPED = 8;

  private final Simulation simulation;
  private final Receiver receiver;
  private final Randomness lossRandom;
  private final Randomness burstRandom;
  private final Randomness corruptionRandom;
  private final Randomness duplicationRandom;
  private final Randomness jitterRandom;
  private final Randomness reorderRandom;
  private final ArrayDeque<Queued> queue = new ArrayDeque<>();

  private LinkProfile profile;
  private LinkFilter filter = LinkFilter.NONE;
  private long queuedBytes;
  private long busyUntilNanos;
  private long lastArrivalNanos;
  private boolean inBurst;

  Link(Simulation simulation, LinkProfile profile, Seed seed, Receiver receiver) {
    this.simulation = simulation;
    this.profile = profile;
    this.receiver = receiver;
    this.busyUntilNanos = simulation.nowNanos();
    this.lastArrivalNanos = simulation.nowNanos();
    this.lossRandom = seed.split("loss").random();
    this.burstRandom = seed.split("burst").random();
    this.corruptionRandom = seed.split("corruption").random();
    this.duplicationRandom = seed.split("duplication").random();
    this.jitterRandom = seed.split("jitter").random();
    this.reorderRandom = seed.split("reorder").random();
  }

  public LinkProfile profile() {
    return profile;
  }

  /** Applies to what is sent from now on; what is queued or flying goes on as it was. */
  public void profile(LinkProfile profile) {
    this.profile = profile;
  }

  public void filter(LinkFilter filter) {
    this.filter = filter;
  }

  /** Bytes that wait for the bottleneck or are being transmitted. */
  public long queuedBytes() {
    releaseTransmitted();
    return queuedBytes;
  }

  /** How long the bottleneck needs for what waits for it or is being transmitted. */
  public long backlogNanos() {
    return Math.max(0, busyUntilNanos - simulation.nowNanos());
  }

  void send(Datagram datagram) {
    long nowNanos = simulation.nowNanos();
    if (datagram.bytes() > profile.mtuBytes()) {
      receiver.onDropped(datagram, DropReason.TOO_BIG);
    } else if (profile.outage().isDown(simulation.elapsedNanos())) {
      receiver.onDropped(datagram, DropReason.OUTAGE);
    } else if (!filter.passes(datagram, nowNanos)) {
      receiver.onDropped(datagram, DropReason.FILTERED);
    } else if (datagram.ecn() != 0 && profile.ecn() == EcnTreatment.DROP) {
      receiver.onDropped(datagram, DropReason.ECN_CAPABLE);
    } else if (!queueHasRoom(bytesOnLink(datagram))) {
      receiver.onDropped(datagram, DropReason.QUEUE_FULL);
    } else {
      long departureNanos = enqueue(bytesOnLink(datagram), nowNanos);
      fly(datagram.withEcn(profile.ecn().leaves(codepoint(datagram))), departureNanos);
    }
  }

  /** As a queue leaves it that marks what it would otherwise drop sooner (RFC 3168 §5). */
  private int codepoint(Datagram datagram) {
    boolean marked = datagram.ecn() != 0 && queuedBytes > profile.markBytes();
    return marked ? EcnCounts.CE : datagram.ecn();
  }

  private int bytesOnLink(Datagram datagram) {
    return datagram.bytes() + profile.headerBytes();
  }

  private boolean queueHasRoom(int bytes) {
    releaseTransmitted();
    // A datagram always finds room in an empty queue, or a tiny limit would cut the link.
    return queue.isEmpty()
        || (queuedBytes + bytes <= profile.queueBytes() && queue.size() < profile.queueDatagrams());
  }

  private long enqueue(int bytes, long nowNanos) {
    if (profile.rateBitsPerSecond() == 0) {
      return nowNanos;
    }
    long transmissionNanos = Math.ceilDiv(bytes * 8_000_000_000L, profile.rateBitsPerSecond());
    busyUntilNanos = Math.max(busyUntilNanos, nowNanos) + transmissionNanos;
    queue.add(new Queued(busyUntilNanos, bytes));
    queuedBytes += bytes;
    return busyUntilNanos;
  }

  private void releaseTransmitted() {
    for (Queued first = queue.peek();
        first != null && first.departureNanos <= simulation.nowNanos();
        first = queue.peek()) {
      queuedBytes -= first.bytes;
      queue.remove();
    }
  }

  private void fly(Datagram datagram, long departureNanos) {
    // Every impairment draws from its own sequence, once a datagram, whether or not it applies.
    boolean lostInBurst = isLostInBurst();
    boolean lost = lossRandom.chance(profile.loss()) || lostInBurst;
    boolean corrupted = corruptionRandom.chance(profile.corruption());
    boolean duplicated = duplicationRandom.chance(profile.duplication());
    if (duplicated) {
      receiver.onDuplicated(datagram);
    }
    if (lost) {
      receiver.onDropped(datagram, DropReason.LOSS);
    } else {
      arrive(corrupted ? corrupt(datagram) : datagram, !corrupted, departureNanos);
    }
    if (duplicated) {
      arrive(datagram, true, departureNanos);
    }
  }

  private boolean isLostInBurst() {
    BurstLoss bursts = profile.bursts();
    boolean changes = burstRandom.chance(inBurst ? bursts.leaveBad() : bursts.enterBad());
    inBurst ^= changes;
    return burstRandom.chance(inBurst ? bursts.lossInBad() : bursts.lossInGood());
  }

  private Datagram corrupt(Datagram datagram) {
    byte[] damaged = datagram.payload().clone();
    if (damaged.length > 0) {
      for (int flips = corruptionRandom.between(1, MOST_BITS_FLIPPED); flips > 0; flips--) {
        int bit = corruptionRandom.between(0, damaged.length * 8 - 1);
        damaged[bit >>> 3] ^= (byte) (1 << (bit & 7));
      }
    }
    return datagram.withPayload(damaged);
  }

  private void arrive(Datagram datagram, boolean intact, long departureNanos) {
    long arrivalNanos =
        departureNanos + profile.delayNanos() + jitterRandom.between(0, profile.jitterNanos());
    long heldBackNanos = reorderRandom.between(0, profile.reorderNanos());
    if (reorderRandom.chance(profile.reorder())) {
      arrivalNanos += heldBackNanos;
    } else {
      arrivalNanos = Math.max(arrivalNanos, lastArrivalNanos);
      lastArrivalNanos = arrivalNanos;
    }
    simulation.at(arrivalNanos, () -> receiver.onArrived(datagram, intact));
  }

  private record Queued(long departureNanos, int bytes) {}

  /** Where a link reports what became of a datagram. */
  interface Receiver {
    void onArrived(Datagram datagram, boolean intact);

    void onDuplicated(Datagram datagram);

    void onDropped(Datagram datagram, DropReason reason);
  }
}
