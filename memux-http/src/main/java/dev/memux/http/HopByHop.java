package dev.memux.http;

import java.util.Locale;
import java.util.Set;

/** The fields that concern one connection and are not carried on (RFC 9110 §7.6.1). */
final class HopByHop {
  private static final Set<String> NAMES =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authentication-info",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private HopByHop() {}

  /**
   * Removes them, those included that {@code Connection} names. What is left of {@code TE} is the
   * one member that HTTP/2 and HTTP/3 know (RFC 9113 §8.2.2, RFC 9114 §4.2).
   */
  static void strip(HttpFields fields) {
    boolean trailers = lists(fields, "te", "trailers");
    for (String nominations : fields.values("connection")) {
      for (String name : nominations.split(",", -1)) {
        fields.remove(name.strip());
      }
    }
    NAMES.forEach(fields::remove);
    if (trailers) {
      fields.add("te", "trailers");
    }
  }

  /** Whether the lists of that name hold that member, in any case. */
  static boolean lists(HttpFields fields, String name, String member) {
    for (String list : fields.values(name)) {
      for (String each : list.split(",", -1)) {
        if (each.strip().toLowerCase(Locale.ROOT).equals(member)) {
          return true;
        }
      }
    }
    return false;
  }
}
