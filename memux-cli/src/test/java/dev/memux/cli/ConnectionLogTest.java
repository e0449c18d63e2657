package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.http.ConnectionSummary;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ConnectionLogTest {
  private static final Instant NOW = Instant.parse("2026-11-21T08:00:00.123456Z");
  private static final ConnectionSummary QUIC =
      new ConnectionSummary(
          new InetSocketAddress(InetAddress.ofLiteral("::1"), 4711),
          "h3",
          "TLSv1.3",
          "SUITE",
          "X25519",
          true);
  private static final ConnectionSummary TCP =
      new ConnectionSummary(
          new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 4712),
          null,
          "TLSv1.2",
          "SUITE",
          null,
          null);

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  private List<String> lines() {
    return written.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void writesALineForEachConnection() throws Exception {
    try (ConnectionLog log =
        new ConnectionLog(new PrintStream(written), InstantSource.fixed(NOW))) {
      log.accept(QUIC);
      log.accept(TCP);
    }
    assertEquals(
        List.of(
            "2026-11-21T08:00:00.123Z connection peer=[::1]:4711 protocol=h3 tls=TLSv1.3"
                + " cipher=SUITE group=X25519 resumed=true",
            "2026-11-21T08:00:00.123Z connection peer=127.0.0.1:4712 protocol=- tls=TLSv1.2"
                + " cipher=SUITE group=- resumed=-"),
        lines());
  }

  @Test
  void dropsAndCountsLinesThatNobodyReads() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch read = new CountDownLatch(1);
    OutputStream slow =
        new OutputStream() {
          @Override
          public void write(int b) {
            stuck.countDown();
            try {
              read.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            written.write(b);
          }
        };
    try (ConnectionLog log = new ConnectionLog(new PrintStream(slow), InstantSource.fixed(NOW))) {
      log.accept(QUIC);
      stuck.await();
      for (int i = 0; i < ConnectionLog.MAX_WAITING + 3; i++) {
        log.accept(QUIC);
      }
      read.countDown();
    }
    assertEquals(ConnectionLog.MAX_WAITING + 2, lines().size());
    assertTrue(lines().get(1).endsWith(" lines lost: 3"), lines().get(1));
  }
}
