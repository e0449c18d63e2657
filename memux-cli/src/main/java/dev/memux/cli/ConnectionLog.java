package dev.memux.cli;

import dev.memux.gateway.GatewayObserver;
import dev.memux.gateway.TunnelSummary;
import dev.memux.http.ConnectionSummary;
import dev.memux.http.Origin;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One line for each connection, and for each tunnel. Lines are written by a thread of its own: who
 * reads them slowly loses some, and holds up no connection.
 */
final class ConnectionLog implements GatewayObserver, AutoCloseable {
  /** How many lines wait to be written; what comes on top is counted and dropped. */
  static final int MAX_WAITING = 4_096;

  private static final long CLOSE_MILLIS = 1_000;

  private final PrintStream out;
  private final InstantSource clock;
  private final AtomicLong dropped = new AtomicLong();
  private final ThreadPoolExecutor writer =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MAX_WAITING),
          Thread.ofPlatform().daemon().name("memux-connection-log").factory(),
          (line, executor) -> dropped.incrementAndGet());

  ConnectionLog(PrintStream out, InstantSource clock) {
    this.out = out;
    this.clock = clock;
  }

  static ConnectionLog toStandardOutput() {
    return new ConnectionLog(System.out, InstantSource.system());
  }

  @Override
  public void onConnected(ConnectionSummary connection) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    writer.execute(() -> write(format(now, connection)));
  }

  @Override
  public void onTunnel(TunnelSummary tunnel) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    writer.execute(() -> write(format(now, tunnel)));
  }

  /** What has been said is written, if somebody reads it. */
  @Override
  public void close() {
    writer.shutdown();
    try {
      writer.awaitTermination(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static String format(Instant time, ConnectionSummary connection) {
    return time
        + " connection peer="
        + address(connection.remote())
        + " protocol="
        + known(connection.protocol())
        + " quic="
        + known(connection.quicVersion())
        + " tls="
        + connection.tlsVersion()
        + " cipher="
        + connection.cipherSuite()
        + " group="
        + known(connection.group())
        + " resumed="
        + known(connection.resumed())
        + " early_data="
        + known(connection.earlyData());
  }

  static String format(Instant time, TunnelSummary tunnel) {
    return time
        + " tunnel peer="
        + address(tunnel.peer())
        + " http="
        + tunnel.version().number()
        + " target="
        + tunnel.target()
        + " status="
        + (tunnel.status() == 0 ? "-" : tunnel.status())
        + " end="
        + tunnel.end().name().toLowerCase(Locale.ROOT)
        + " waited_ms="
        + TimeUnit.NANOSECONDS.toMillis(tunnel.waitedNanos())
        + " open_ms="
        + TimeUnit.NANOSECONDS.toMillis(tunnel.openNanos())
        + " sent="
        + tunnel.sentBytes()
        + " received="
        + tunnel.receivedBytes();
  }

  private static String address(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress internet
        ? Origin.of(internet).toString()
        : known(address);
  }

  private void write(String line) {
    long lost = dropped.getAndSet(0);
    if (lost > 0) {
      out.println(clock.instant().truncatedTo(ChronoUnit.MILLIS) + " lines lost: " + lost);
    }
    out.println(line);
    out.flush();
  }

  private static String known(@Nullable Object value) {
    return value == null ? "-" : value.toString();
  }
}
