package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.quic.PathValidation.Answer;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** RFC 9000 §8.2. */
class PathValidationTest {
  private static final long INTERVAL = 100;
  private static final long TIMEOUT = 3000;

  private final PathValidation validation = new PathValidation(new Random(1));

  private long challenge(boolean expanded, long now) {
    byte[] packet = new byte[64];
    FrameWriter writer = new FrameWriter();
    writer.reset(packet, 0, packet.length);
    validation.write(writer, new SentFrames(), expanded, now);
    return ByteBuffer.wrap(packet, 1, Long.BYTES).getLong();
  }

  @Test
  void asksAtGrowingIntervalsUntilItHasFailed() {
    assertFalse(validation.isRunning());
    validation.start(INTERVAL, TIMEOUT, 1000);
    assertTrue(validation.isDue(1000));
    challenge(true, 1000);
    assertEquals(1100, validation.dueNanos());
    challenge(true, 1100);
    assertEquals(1300, validation.dueNanos());
    challenge(true, 1300);
    assertEquals(1700, validation.dueNanos());
    assertEquals(1000 + TIMEOUT, validation.endNanos());
  }

  @Test
  void challengesHaveALimit() {
    validation.start(INTERVAL, TIMEOUT, 0);
    long now = 0;
    for (int i = 0; i < PathValidation.MAX_CHALLENGES; i++) {
      now = validation.dueNanos();
      challenge(true, now);
    }
    assertEquals(Long.MAX_VALUE, validation.dueNanos());
    assertTrue(validation.isRunning());
  }

  @Test
  void anyOfTheChallengesCanBeAnsweredAndNothingElse() {
    // §8.2.1: unpredictable, each of them.
    validation.start(INTERVAL, TIMEOUT, 0);
    Set<Long> data = new HashSet<>();
    for (int i = 0; i < PathValidation.MAX_CHALLENGES; i++) {
      data.add(challenge(true, 0));
    }
    assertEquals(PathValidation.MAX_CHALLENGES, data.size());
    data.forEach(d -> assertEquals(Answer.ADDRESS_AND_SIZE, validation.onResponse(d, 0)));
    assertEquals(Answer.NONE, validation.onResponse(0, 0));
  }

  @Test
  void aSmallChallengeShowsOnlyTheAddress() {
    // §8.2.3
    validation.start(INTERVAL, TIMEOUT, 0);
    long small = challenge(false, 0);
    long large = challenge(true, 0);
    assertNotEquals(small, large);
    assertEquals(Answer.ADDRESS, validation.onResponse(small, 0));
    assertEquals(Answer.ADDRESS_AND_SIZE, validation.onResponse(large, 0));
  }

  @Test
  void whatIsOverTakesNoAnswer() {
    validation.start(INTERVAL, TIMEOUT, 0);
    long data = challenge(true, 0);
    validation.stop();
    assertEquals(Answer.NONE, validation.onResponse(data, 0));
    assertFalse(validation.isRunning());
    assertFalse(validation.isDue(Long.MAX_VALUE - 1));
  }

  @Test
  void anAnswerTellsHowFarItIs() {
    // RFC 9002 §6.2.2
    validation.start(INTERVAL, TIMEOUT, 0);
    challenge(true, 0);
    long second = challenge(true, 1000);
    assertEquals(0, validation.roundTripNanos());
    validation.onResponse(second, 1042);
    assertEquals(42, validation.roundTripNanos());
  }
}
