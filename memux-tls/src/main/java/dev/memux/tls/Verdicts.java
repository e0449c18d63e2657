package dev.memux.tls;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The chains that one {@link CertificateTrust} has found good lately: to judge one takes a
 * signature check for each of its certificates, which is half of what a full handshake costs a
 * client, and most connections are to few servers. Only for judges whose mind does not change.
 * Refusals are not remembered. Any thread.
 */
final class Verdicts {
  /** Chains of that many peers; who has been away longest goes first. */
  static final int MAX_CHAINS = 256;

  /** How long one is taken for good without another look. */
  static final long LIFETIME_MILLIS = 10 * 60 * 1000;

  private final Map<Question, Long> goodSince =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Question, Long> eldest) {
          return size() > MAX_CHAINS;
        }
      };

  /** {@code serverName}: null for a client's chain. */
  private record Question(@Nullable ServerName serverName, List<X509Certificate> chain) {}

  /** Whether it was judged within its lifetime, and all of it is in its own time now. */
  synchronized boolean holds(
      @Nullable ServerName serverName, List<X509Certificate> chain, long nowMillis) {
    Long since = goodSince.get(new Question(serverName, chain));
    return since != null
        && nowMillis >= since
        && nowMillis - since < LIFETIME_MILLIS
        && areValid(chain, Instant.ofEpochMilli(nowMillis));
  }

  synchronized void add(
      @Nullable ServerName serverName, List<X509Certificate> chain, long nowMillis) {
    goodSince.put(new Question(serverName, List.copyOf(chain)), nowMillis);
  }

  synchronized int size() {
    return goodSince.size();
  }

  /** Whether all of them are in their time. */
  static boolean areValid(List<X509Certificate> chain, Instant now) {
    for (X509Certificate certificate : chain) {
      if (now.isBefore(certificate.getNotBefore().toInstant())
          || now.isAfter(certificate.getNotAfter().toInstant())) {
        return false;
      }
    }
    return true;
  }
}
