package dev.memux.engine.quic;

import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The stateless reset tokens of all peers of an endpoint, by address (RFC 9000 §10.3.1).
 *
 * <p>What is kept and compared is an HMAC of the token under a key of this endpoint's own: how long
 * a look-up takes says nothing about the tokens themselves, and does not depend on how many
 * connections there are.
 */
final class ExpectedResets {
  static final int TOKEN_BYTES = 16;
  private static final String ALGORITHM = "HmacSHA256";

  private final Mac mac;
  private final Map<Key, QuicConnection> owners = new HashMap<>();

  @SuppressWarnings("ArrayRecordComponent") // equality is written out
  private record Key(InetSocketAddress remote, byte[] digest) {
    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Key other
          && remote.equals(other.remote)
          && Arrays.equals(digest, other.digest);
    }

    @Override
    public int hashCode() {
      return 31 * remote.hashCode() + Arrays.hashCode(digest);
    }
  }

  ExpectedResets(RandomGenerator random) {
    byte[] key = new byte[32];
    random.nextBytes(key);
    try {
      mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  void add(InetSocketAddress remote, byte[] token, QuicConnection owner) {
    owners.put(key(remote, token, 0), owner);
  }

  void remove(InetSocketAddress remote, byte[] token) {
    owners.remove(key(remote, token, 0));
  }

  /** Whose connection a datagram ends, by its last bytes; null: it is no stateless reset. */
  @Nullable QuicConnection find(InetSocketAddress remote, byte[] datagram, int from, int end) {
    if (owners.isEmpty() || end - from < StatelessResets.MIN_BYTES) {
      return null;
    }
    return owners.get(key(remote, datagram, end - TOKEN_BYTES));
  }

  int size() {
    return owners.size();
  }

  private Key key(InetSocketAddress remote, byte[] token, int from) {
    mac.update(token, from, TOKEN_BYTES);
    return new Key(remote, mac.doFinal());
  }
}
