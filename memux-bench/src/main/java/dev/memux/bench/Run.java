package dev.memux.bench;

import java.io.IOException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run of one contender, as it stands in a line of a file.
 *
 * @param description the cipher, and what carries the packets
 */
record Run(
    String contender, Workload workload, int packetBytes, Figures figures, String description) {
  /** One JSON object on one line; no text in it needs escapes. */
  String json() {
    return String.format(
        Locale.ROOT,
        "{\"contender\":\"%s\",\"workload\":\"%s\",\"packet_bytes\":%d,\"amount\":%d,\"nanos\":%d,"
            + "\"rate\":%.3f,\"unit\":\"%s\",\"cost\":%.3f,\"cpu_nanos_client\":%d,"
            + "\"cpu_nanos_server\":%d,\"rss_bytes_client\":%d,\"rss_bytes_server\":%d,"
            + "\"description\":\"%s\"}",
        contender,
        workload.label(),
        packetBytes,
        figures.amount(),
        figures.nanos(),
        figures.rate(workload),
        workload.unit(),
        figures.cost(workload),
        figures.clientCpuNanos(),
        figures.serverCpuNanos(),
        figures.clientResidentBytes(),
        figures.serverResidentBytes(),
        description.replaceAll("[\"\\\\\\p{Cntrl}]", "?"));
  }

  /** Of {@link #json}. */
  static Run parse(String line) throws IOException {
    return new Run(
        text(line, "contender"),
        Workload.of(text(line, "workload")),
        (int) number(line, "packet_bytes"),
        new Figures(
            number(line, "amount"),
            number(line, "nanos"),
            number(line, "cpu_nanos_client"),
            number(line, "cpu_nanos_server"),
            number(line, "rss_bytes_client"),
            number(line, "rss_bytes_server")),
        text(line, "description"));
  }

  private static long number(String json, String field) throws IOException {
    return Long.parseLong(find(json, field, "(\\d+)"));
  }

  private static String text(String json, String field) throws IOException {
    return find(json, field, "\"([^\"]*)\"");
  }

  private static String find(String json, String field, String value) throws IOException {
    Matcher matcher = Pattern.compile('"' + field + "\":" + value).matcher(json);
    if (!matcher.find()) {
      throw new IOException("no " + field + " in " + json);
    }
    return matcher.group(1);
  }
}
