package dev.memux.cli;

import dev.memux.engine.ConnectionStatistics;
import dev.memux.http.Origin;
import dev.memux.tls.EarlyData;
import dev.memux.tls.TlsSession;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells how downloads went: JSON lines as they end, errors in the end. */
final class FetchReport {
  private static final String PROTOCOL = "h3";

  private final boolean json;
  private final PrintStream out;
  private final List<String> errors = new ArrayList<>();

  FetchReport(boolean json, PrintStream out) {
    this.json = json;
    this.out = out;
  }

  /** One download has ended. Any thread. */
  synchronized void add(Download.Outcome outcome) {
    String error = outcome.error();
    if (error != null) {
      errors.add(outcome.url().text() + ": " + error);
    }
    if (json) {
      out.println(line(outcome));
    }
  }

  /** All downloads have ended. */
  synchronized void connections(List<Fetch.Connection> connections) {
    if (json) {
      connections.forEach(connection -> out.println(line(connection)));
      out.flush();
    }
  }

  /** Prints what went wrong to standard error, a line each. */
  synchronized void printErrors() {
    errors.forEach(Diagnostics::error);
  }

  /** The exit code: that of the first URL on the command line that failed. */
  int exitCode(List<Download> downloads) {
    return downloads.stream()
        .mapToInt(download -> download.outcome().join().exitCode())
        .filter(code -> code != ExitCode.OK)
        .findFirst()
        .orElse(ExitCode.OK);
  }

  static String line(Download.Outcome outcome) {
    boolean answered = outcome.status() > 0;
    JsonLine line =
        new JsonLine()
            .add("url", outcome.url().text())
            .addKnown("status", answered ? outcome.status() : -1)
            .add("bytes", outcome.bytes())
            .addMillis("ttfb_ms", outcome.ttfbNanos())
            .addMillis("total_ms", outcome.totalNanos())
            .add("protocol", answered ? PROTOCOL : null);
    if (outcome.error() != null) {
      line.add("error", outcome.error()).add("exit_code", outcome.exitCode());
    }
    return line.toString();
  }

  private static String line(Fetch.Connection used) {
    TlsSession session = used.connection().tlsSession();
    JsonLine line =
        new JsonLine()
            .add("connection", "https://" + used.connection().origin())
            .add("remote", text(used.connection().remoteAddress()))
            .add("protocol", PROTOCOL)
            .add("requests", used.requests())
            .addMillis("handshake_ms", used.connection().handshakeNanos())
            .add("resumed", session != null && session.resumed())
            .add("early_data", text(session == null ? EarlyData.NONE : session.earlyData()));
    ConnectionStatistics statistics = used.statistics();
    if (statistics != null) {
      line.addMillis("rtt_ms", statistics.smoothedRttNanos())
          .addMillis("min_rtt_ms", statistics.minRttNanos())
          .add("packets_sent", statistics.packetsSent())
          .add("packets_received", statistics.packetsReceived())
          .add("packets_lost", statistics.packetsLost())
          .add("bytes_sent", statistics.bytesSent())
          .add("bytes_received", statistics.bytesReceived());
    }
    return line.toString();
  }

  private static String text(EarlyData earlyData) {
    return switch (earlyData) {
      case NONE -> "none";
      case REFUSED -> "refused";
      case ACCEPTED -> "accepted";
    };
  }

  private static @Nullable String text(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress inet ? Origin.of(inet).toString() : null;
  }
}
