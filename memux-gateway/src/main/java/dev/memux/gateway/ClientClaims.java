package dev.memux.gateway;

import dev.memux.http.HttpFields;
import java.util.Set;

/**
 * Fields in which intermediaries tell a backend who the client is and what it asked for. Clients
 * reach the gateway directly, so what stands in them when a request arrives is only a client's
 * claim about itself; a backend that believes the first element of {@code Forwarded} would take it
 * for the truth (RFC 7239 §8.1).
 */
final class ClientClaims {
  private static final Set<String> NAMES = Set.of("forwarded", "x-real-ip");
  private static final String PREFIX = "x-forwarded-";

  private ClientClaims() {}

  /** The same fields without the claims among them. */
  static HttpFields without(HttpFields fields) {
    HttpFields kept = new HttpFields();
    fields.forEach(
        (name, value) -> {
          if (!isClaim(name)) {
            kept.add(name, value);
          }
        });
    return kept;
  }

  // RFC 3875 §4.1.18: to a backend behind CGI's names '_' and '-' are the same.
  private static boolean isClaim(String name) {
    String plain = name.replace('_', '-');
    return NAMES.contains(plain) || plain.startsWith(PREFIX);
  }
}
