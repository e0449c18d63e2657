package dev.memux.tls;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which credentials a server presents under which name (RFC 6066 §3). Immutable. */
final class HostCredentials {
  private static final String WILDCARD = "*.";

  private final Map<String, List<TlsCredentials>> byName;
  private final List<TlsCredentials> others;
  private final boolean refusesUnknownNames;

  /**
   * @param isNamed chosen by the name that the client asked for
   */
  record Match(List<TlsCredentials> credentials, boolean isNamed) {}

  /**
   * @param byName host names as {@link #key} makes them
   * @param others for clients that name no host or one that is not known
   */
  HostCredentials(
      Map<String, List<TlsCredentials>> byName,
      List<TlsCredentials> others,
      boolean refusesUnknownNames) {
    this.byName = Map.copyOf(byName);
    this.others = others;
    this.refusesUnknownNames = refusesUnknownNames;
  }

  /**
   * A host name, or {@code *.} and a host name, as it is looked up.
   *
   * @throws IllegalArgumentException if it is neither
   */
  static String key(String name) {
    boolean isWildcard = name.startsWith(WILDCARD);
    ServerName host = ServerName.parse(isWildcard ? name.substring(WILDCARD.length()) : name);
    if (host.isAddress()) {
      // RFC 6066 §3: clients do not name addresses, so it would never be asked for.
      throw new IllegalArgumentException("not a host name: '" + name + "'");
    }
    return (isWildcard ? WILDCARD : "") + host.name().toLowerCase(Locale.ROOT);
  }

  /** Each once, those for unknown names first. */
  List<TlsCredentials> all() {
    Set<TlsCredentials> all = new LinkedHashSet<>(others);
    byName.values().forEach(all::addAll);
    return List.copyOf(all);
  }

  /**
   * The exact name, or else the wildcard for its parent: one label only, as certificates have it
   * (RFC 6125 §6.4.3).
   *
   * @param serverName as the client sent it; null: none
   * @throws TlsAlertException unrecognized_name, if unknown names are refused
   */
  Match match(@Nullable String serverName) throws TlsAlertException {
    if (serverName == null) {
      return new Match(others, false);
    }
    String name = serverName.toLowerCase(Locale.ROOT);
    List<TlsCredentials> found = byName.get(name);
    if (found == null) {
      int dot = name.indexOf('.');
      found = dot < 0 ? null : byName.get(WILDCARD + name.substring(dot + 1));
    }
    if (found != null) {
      return new Match(found, true);
    }
    if (refusesUnknownNames) {
      throw new TlsAlertException(
          AlertDescription.UNRECOGNIZED_NAME, "no certificate for " + serverName);
    }
    return new Match(others, false);
  }
}
