package dev.memux.cli;

import dev.memux.lab.LinkEmulator;
import dev.memux.lab.LinkStatistics;
import dev.memux.lab.NetworkNamespace;
import dev.memux.sim.LinkProfile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a bulk copy does to somebody who waits for echoes, and to a Redis client, when all go to the
 * far end of an emulated link together.
 */
final class TunnelExperiment {
  /** A copy has filled the link, and its sender is past its first search for the rate. */
  private static final long SETTLE_MILLIS = 5_000;

  /** What a delay may have beside the network's: two packets, and the programs at both ends. */
  private static final double ALLOWANCE_MILLIS = 10;

  private static final InetAddress LOCAL = InetAddress.ofLiteral("127.0.0.1");
  private static final int GATEWAY_PORT = 8443;
  private static final int ECHO_PORT = 7001;
  private static final int REDIS_PORT = 7002;
  private static final int BULK_PORT = 7003;

  private final LinkProfile up;
  private final LinkProfile down;
  private final long seconds;
  private final Path state;
  private final boolean redis;

  /** How the three share the link. */
  enum Sharing {
    PRIORITIES("memux, echo before bulk", "u=1", "u=6"),
    EQUALS("memux, equals", "u=3", "u=3"),
    ONE_CONNECTION("one plain TCP connection", "", "");

    private final String title;
    private final String interactive;
    private final String bulk;

    Sharing(String title, String interactive, String bulk) {
      this.title = title;
      this.interactive = interactive;
      this.bulk = bulk;
    }

    String title() {
      return title;
    }
  }

  /**
   * What came of it.
   *
   * @param boundMillis a round trip, the delay of the full queue, and an allowance
   * @param redisMillis what 99 of 100 GETs did not exceed; null: there was no Redis
   * @param bulkBitsPerSecond that the copy had meanwhile
   * @param lost packets towards the near end that the queue had no room for, of all
   * @param latenessMillis by how much the emulated link was late at worst
   */
  record Result(
      EchoProbe.Times echoes,
      double boundMillis,
      @Nullable Double redisMillis,
      double bulkBitsPerSecond,
      double lost,
      double latenessMillis) {}

  /**
   * @param seconds how long it is measured
   * @param state where the gateway may keep its certificate
   * @param redis whether redis-server and redis-benchmark take part
   */
  TunnelExperiment(LinkProfile up, LinkProfile down, long seconds, Path state, boolean redis) {
    this.up = up;
    this.down = down;
    this.seconds = seconds;
    this.state = state;
    this.redis = redis;
  }

  /** A round trip, the delay of the full queue, and an allowance. */
  double boundMillis() {
    double queueSeconds = down.queueBytes() * 8.0 / down.rateBitsPerSecond();
    return (up.delayNanos() + down.delayNanos()) / 1e6 + queueSeconds * 1e3 + ALLOWANCE_MILLIS;
  }

  Result run(Sharing sharing, long seed) throws IOException, InterruptedException {
    try (NetworkNamespace near = NetworkNamespace.create();
        NetworkNamespace far = NetworkNamespace.create();
        LinkEmulator link = LinkEmulator.join(near, far, up, down, seed)) {
      return switch (sharing) {
        case PRIORITIES, EQUALS -> throughTunnel(sharing, near, far, link);
        case ONE_CONNECTION -> overOneConnection(near, far, link);
      };
    }
  }

  private Result overOneConnection(NetworkNamespace near, NetworkNamespace far, LinkEmulator link)
      throws IOException, InterruptedException {
    try (FarServer server = FarServer.start(far, LinkEmulator.FAR, SharedConnection::serve);
        SharedConnection shared =
            new SharedConnection(connect(near, LinkEmulator.FAR, server.port()))) {
      return measure(shared::echo, shared::bulkBytes, null, link);
    }
  }

  private Result throughTunnel(
      Sharing sharing, NetworkNamespace near, NetworkNamespace far, LinkEmulator link)
      throws IOException, InterruptedException {
    try (FarServer echo = FarServer.start(far, LOCAL, FarServer::echo);
        FarServer bulk = FarServer.start(far, LOCAL, FarServer::sendBulk);
        OwnProcess gateway = OwnProcess.start(far, state, gateway(echo, bulk));
        RedisServer database = redis ? RedisServer.start(far, RedisServer.PORT) : null;
        OwnProcess tunnel = OwnProcess.start(near, state, tunnel(sharing));
        Socket keyboard = connect(near, LOCAL, ECHO_PORT);
        BulkReader copy = new BulkReader(connect(near, LOCAL, BULK_PORT))) {
      keyboard.setTcpNoDelay(true);
      NetworkNamespace redisClient = database == null ? null : near;
      Result result = measure(() -> exchange(keyboard), copy::bytes, redisClient, link);
      gateway.requireAlive();
      tunnel.requireAlive();
      return result;
    }
  }

  private static List<String> gateway(FarServer echo, FarServer bulk) {
    return List.of(
        "gateway",
        "--listen=" + LinkEmulator.FAR.getHostAddress() + ":" + GATEWAY_PORT,
        "--connect-target=echo=127.0.0.1:" + echo.port(),
        "--connect-target=redis=127.0.0.1:" + RedisServer.PORT,
        "--connect-target=bulk=127.0.0.1:" + bulk.port());
  }

  private static List<String> tunnel(Sharing sharing) {
    return List.of(
        "tunnel",
        "--insecure", // nobody else is in there
        "--via=https://" + LinkEmulator.FAR.getHostAddress() + ":" + GATEWAY_PORT,
        "-L" + ECHO_PORT + "=echo:1;" + sharing.interactive,
        "-L" + REDIS_PORT + "=redis:1;" + sharing.interactive,
        "-L" + BULK_PORT + "=bulk:1;" + sharing.bulk);
  }

  private static void exchange(Socket keyboard) throws IOException {
    keyboard.getOutputStream().write('x');
    if (keyboard.getInputStream().read() < 0) {
      throw new IOException("the echo ended");
    }
  }

  private static Socket connect(NetworkNamespace namespace, InetAddress address, int port)
      throws IOException {
    return namespace.call(() -> new Socket(address, port));
  }

  /**
   * @param redisClient where redis-benchmark runs meanwhile; null: it does not
   */
  private Result measure(
      EchoProbe.Exchange exchange,
      LongSupplier bulkBytes,
      @Nullable NetworkNamespace redisClient,
      LinkEmulator link)
      throws IOException, InterruptedException {
    exchange.run();
    Thread.sleep(SETTLE_MILLIS);
    LinkStatistics before = link.statisticsToNear();
    long bytesBefore = bulkBytes.getAsLong();
    long beginNanos = System.nanoTime();
    RedisBenchmark benchmark =
        redisClient == null ? null : RedisBenchmark.start(redisClient, REDIS_PORT, seconds);
    EchoProbe.Times echoes = EchoProbe.run(exchange, seconds);
    double elapsedSeconds = (System.nanoTime() - beginNanos) / 1e9;
    long bytes = bulkBytes.getAsLong() - bytesBefore;
    LinkStatistics after = link.statisticsToNear();
    Double redisMillis = benchmark == null ? null : benchmark.awaitMillis();
    return new Result(
        echoes,
        boundMillis(),
        redisMillis,
        bytes * 8 / elapsedSeconds,
        (double) (dropped(after) - dropped(before)) / (after.packets() - before.packets()),
        after.worstLatenessNanos() / 1e6);
  }

  private static long dropped(LinkStatistics statistics) {
    return statistics.dropped().values().stream().mapToLong(Long::longValue).sum();
  }

  static String heading() {
    return String.format(
        Locale.ROOT,
        "%-26s %9s %9s %9s %10s %13s %11s %7s",
        "",
        "echo p50",
        "p99",
        "max ms",
        "at most ms",
        "Redis p99 ms",
        "bulk Mbit/s",
        "lost %");
  }

  static String line(Sharing sharing, Result result) {
    return String.format(
        Locale.ROOT,
        "%-26s %9.1f %9.1f %9.1f %10.1f %13s %11.2f %7.2f",
        sharing.title(),
        result.echoes().millis(0.5),
        result.echoes().millis(0.99),
        result.echoes().millis(1),
        result.boundMillis(),
        result.redisMillis() == null
            ? "-"
            : String.format(Locale.ROOT, "%.1f", result.redisMillis()),
        result.bulkBitsPerSecond() / 1e6,
        100 * result.lost());
  }
}
