package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.gateway.TunnelSummary;
import dev.memux.http.ConnectionSummary;
import dev.memux.http.HttpVersion;
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
          "v2",
          "TLSv1.3",
          "SUITE",
          "X25519",
          true,
          false);
  private static final ConnectionSummary TCP =
      new ConnectionSummary(
          new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 4712),
          null,
          null,
          "TLSv1.2",
          "SUITE",
          null,
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
      log.onConnected(QUIC);
      log.onConnected(TCP);
    }
    assertEquals(
        List.of(
            "2026-11-21T08:00:00.123Z connection peer=[::1]:4711 protocol=h3 quic=v2 tls=TLSv1.3"
                + " cipher=SUITE group=X25519 resumed=true early_data=false",
            "2026-11-21T08:00:00.123Z connection peer=127.0.0.1:4712 protocol=- quic=- tls=TLSv1.2"
                + " cipher=SUITE group=- resumed=- early_data=-"),
        lines());
  }

  @Test
  void writesALineForEachTunnel() throws Exception {
    try (ConnectionLog log =
        new ConnectionLog(new PrintStream(written), InstantSource.fixed(NOW))) {
      log.onTunnel(
          new TunnelSummary(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), 4712),
              HttpVersion.HTTP_3,
              "db:5432",
              200,
              2_000_000,
              3_999_999,
              5,
              7,
              TunnelSummary.End.COMPLETE));
      log.onTunnel(
          new TunnelSummary(
              null, HttpVersion.HTTP_2, "db:5432", 0, 0, 0, 0, 0, TunnelSummary.End.CLIENT));
    }
    assertEquals(
        List.of(
            "2026-11-21T08:00:00.123Z tunnel peer=127.0.0.1:4712 http=3 target=db:5432 status=200"
                + " end=complete waited_ms=2 open_ms=3 sent=5 received=7",
            "2026-11-21T08:00:00.123Z tunnel peer=- http=2 target=db:5432 status=- end=client"
                + " waited_ms=0 open_ms=0 sent=0 received=0"),
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
      log.onConnected(QUIC);
      stuck.await();
      for (int i = 0; i < ConnectionLog.MAX_WAITING + 3; i++) {
        log.onConnected(QUIC);
      }
      read.countDown();
    }
    assertEquals(ConnectionLog.MAX_WAITING + 2, lines().size());
    assertTrue(lines().get(1).endsWith(" lines lost: 3"), lines().get(1));
  }
}
