package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.handler.codec.quic.QuicStreamPriority;
import org.junit.jupiter.api.Test;

/** RFC 9218 §7. */
final class PriorityUpdatesTest {
  private final PriorityUpdates updates = new PriorityUpdates();

  @Test
  void keepsTheLatestForEachStream() {
    updates.keep(4, new QuicStreamPriority(1, false));
    updates.keep(4, new QuicStreamPriority(2, true));
    assertEquals(1, updates.size());
    assertEquals(new QuicStreamPriority(2, true), updates.take(4));
    assertNull(updates.take(4));
  }

  @Test
  void boundsWhatAPeerCanMakeItKeep() {
    for (long i = 0; i < 10L * PriorityUpdates.MAX_WAITING; i++) {
      updates.keep(4 * i, new QuicStreamPriority(1, false));
    }
    assertEquals(PriorityUpdates.MAX_WAITING, updates.size());
    assertNull(updates.take(0), "the oldest gives way");
    assertEquals(
        new QuicStreamPriority(1, false),
        updates.take(4L * (10L * PriorityUpdates.MAX_WAITING - 1)));
  }
}
