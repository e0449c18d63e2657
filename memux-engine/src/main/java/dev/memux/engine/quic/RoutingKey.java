package dev.memux.engine.quic;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.ConnectionIdGenerator;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes connection IDs and their stateless reset tokens from one secret, so that who has the secret
 * can tell the token of an ID without knowing the connection (RFC 9000 §10.3.2).
 */
final class RoutingKey {
  private static final String ALGORITHM = "HmacSHA256";

  private final ConnectionIdGenerator generator;
  private final Mac resetTokens;

  RoutingKey(byte[] secret, int loopIndex, RandomGenerator random) {
    generator = new ConnectionIdGenerator(secret, loopIndex, random);
    resetTokens = mac(mac(secret).doFinal("stateless reset".getBytes(UTF_8)));
  }

  private static Mac mac(byte[] key) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(key, ALGORITHM));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A connection ID never issued before. */
  ConnectionId nextId() {
    return generator.next();
  }

  /**
   * The loop that issued the ID at {@code d[from..]} with this key; -1 if none has, but for one in
   * 256 IDs made up by others.
   */
  int loopIndex(byte[] d, int from) {
    return generator.loopIndex(d, from);
  }

  /** The token of an ID that this key made. */
  byte[] resetToken(ConnectionId id) {
    return Arrays.copyOf(resetTokens.doFinal(id.toByteArray()), ExpectedResets.TOKEN_BYTES);
  }
}
