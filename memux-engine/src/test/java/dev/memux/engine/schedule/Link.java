package dev.memux.engine.schedule;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * A link that carries packets of 1000 bytes, each filled by one stream, and counts who sent what.
 */
final class Link {
  static final int PACKET_BYTES = 1000;

  final Scheduler<String> scheduler;
  private final Map<String, Long> sentBytes = new HashMap<>();

  Link(SchedulerConfig config) {
    scheduler = new Scheduler<>(config);
  }

  Link() {
    this(SchedulerConfig.DEFAULT);
  }

  static void assertNear(long expected, long actual, long tolerance, String message) {
    assertTrue(
        Math.abs(expected - actual) <= tolerance,
        () -> message + ": " + actual + " is not " + expected + " within " + tolerance);
  }

  /** Two long runs gave the same, give or take a few packets or bytes. */
  static void assertNear(long expected, long actual, long tolerance) {
    assertNear(expected, actual, tolerance, "shares");
  }

  static Priority incremental(int urgency) {
    return new Priority(urgency, true);
  }

  static Priority sequential(int urgency) {
    return new Priority(urgency, false);
  }

  /** A stream that always has new data. */
  Entry<String> backlogged(long id, String name, Priority priority) {
    return backlogged(id, name, priority, scheduler.defaultGroup());
  }

  Entry<String> backlogged(long id, String name, Priority priority, Group group) {
    Entry<String> entry = scheduler.add(id, name, priority, group);
    ready(entry);
    return entry;
  }

  void ready(Entry<String> entry) {
    scheduler.update(entry, false, true);
  }

  void idle(Entry<String> entry) {
    scheduler.update(entry, false, false);
  }

  /** Sends one packet and says whose it was. */
  String packet() {
    return packet(false);
  }

  String packet(boolean onlyLost) {
    scheduler.beginPacket();
    Entry<String> entry = scheduler.next(onlyLost);
    if (entry == null) {
      return "-";
    }
    scheduler.charge(entry, PACKET_BYTES);
    sentBytes.merge(entry.stream(), (long) PACKET_BYTES, Long::sum);
    return entry.stream();
  }

  /** Sends packets and says whose they were, in order. */
  String packets(int count) {
    return IntStream.range(0, count).mapToObj(i -> packet()).collect(joining(" "));
  }

  void run(int count) {
    for (int i = 0; i < count; i++) {
      packet();
    }
  }

  /** Sends what the stream has, however long it takes, and makes it idle. */
  void drain(Entry<String> entry, int packets) {
    long until = sent(entry.stream()) + (long) packets * PACKET_BYTES;
    while (sent(entry.stream()) < until) {
      packet();
    }
    idle(entry);
  }

  /** Packets that the stream has sent. */
  long packetsOf(String name) {
    return sent(name) / PACKET_BYTES;
  }

  long sent(String name) {
    return Objects.requireNonNull(sentBytes.getOrDefault(name, 0L));
  }
}
