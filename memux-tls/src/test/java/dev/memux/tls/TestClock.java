package dev.memux.tls;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Time that goes on when it is told to. */
final class TestClock implements InstantSource {
  private Instant now = Instant.parse("2030-01-01T00:00:00Z");

  @Override
  public Instant instant() {
    return now;
  }

  void advance(Duration duration) {
    now = now.plus(duration);
  }
}
