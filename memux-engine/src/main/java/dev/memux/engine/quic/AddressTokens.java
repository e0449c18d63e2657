package dev.memux.engine.quic;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.KeyRing;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The tokens by which clients show that they receive at the address they send from (RFC 9000 §8.1):
 * one kind travels in Retry packets, the other in NEW_TOKEN frames, for later connections. They are
 * sealed with keys that all loops of a server share, so that each takes the others' tokens.
 *
 * <p>A token is its kind, in the clear, so that an invalid one can be told from an outdated one
 * (RFC 9000 §8.1.1), and sealed content: when it was made, and of a Retry token where the client's
 * first packet went. What it is bound to is not in it but authenticated with it: the version (RFC
 * 9369 §5), the address, and of a Retry token also the port and the connection ID that the client
 * was told to use.
 */
final class AddressTokens {
  /**
   * RFC 9000 §8.1.3: a Retry token is used at once. Its client cannot get another, so this leaves
   * time for all repetitions that a patient one makes.
   */
  static final long RETRY_LIFETIME_NANOS = 60_000_000_000L;

  /** Who comes back within a day need not prove its address again. */
  static final long LATER_LIFETIME_NANOS = 24 * 3_600_000_000_000L;

  private static final int LATER_TOKEN_BYTES = 1 + KeyRing.OVERHEAD_BYTES + Long.BYTES;
  private static final int MAX_RETRY_TOKEN_BYTES = LATER_TOKEN_BYTES + ConnectionId.MAX_BYTES;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private static final byte RETRY = 1;
  private static final byte LATER = 2;

  /** What a token says about who shows it. */
  sealed interface Evidence {
    /** Nothing: there is none, it is outdated or was spent, or made by somebody else. */
    record None() implements Evidence {}

    /** It answered our Retry, and its first packet went to {@code original}. */
    record Retried(ConnectionId original) implements Evidence {}

    /** It had the address in an earlier connection. */
    record KnownAddress() implements Evidence {}

    /**
     * It shows a Retry token that is not good for it. It will take no other Retry, so that it can
     * only be told to give up (RFC 9000 §8.1.3).
     */
    record InvalidRetryToken() implements Evidence {}
  }

  private static final Evidence NONE = new Evidence.None();
  private static final Evidence KNOWN_ADDRESS = new Evidence.KnownAddress();
  private static final Evidence INVALID_RETRY_TOKEN = new Evidence.InvalidRetryToken();

  private final KeyRing keys;
  private final SpentTokens spent = new SpentTokens();

  AddressTokens(KeyRing keys) {
    this.keys = keys;
  }

  /**
   * A token for a Retry packet.
   *
   * @param version in which the client has begun (RFC 9369 §4.1)
   * @param original where the client's first packet went
   * @param source where the Retry tells it to go
   */
  byte[] forRetry(
      QuicVersion version,
      InetSocketAddress client,
      ConnectionId original,
      ConnectionId source,
      long nowNanos) {
    byte[] content = Arrays.copyOf(time(nowNanos), Long.BYTES + original.length());
    original.writeTo(content, Long.BYTES);
    return seal(RETRY, content, retryContext(version, client, source), nowNanos);
  }

  /** A token for a NEW_TOKEN frame of a connection of that version. */
  byte[] forLater(QuicVersion version, InetSocketAddress client, long nowNanos) {
    return seal(LATER, time(nowNanos), laterContext(version, client), nowNanos);
  }

  /**
   * What the token of an Initial packet is worth.
   *
   * @param version of the packet
   * @param dcid where the packet went
   */
  Evidence examine(
      QuicVersion version,
      InetSocketAddress client,
      ConnectionId dcid,
      byte[] token,
      long nowNanos) {
    // What does not look like ours may be from whoever served this name before us.
    if (token.length == LATER_TOKEN_BYTES && token[0] == LATER) {
      return examineLater(version, client, token, nowNanos);
    }
    if (token.length > LATER_TOKEN_BYTES
        && token.length <= MAX_RETRY_TOKEN_BYTES
        && token[0] == RETRY) {
      return examineRetry(version, client, dcid, token, nowNanos);
    }
    return NONE;
  }

  private Evidence examineRetry(
      QuicVersion version,
      InetSocketAddress client,
      ConnectionId dcid,
      byte[] token,
      long nowNanos) {
    byte[] content = keys.open(sealed(token), retryContext(version, client, dcid), nowNanos);
    if (content == null || nowNanos - (long) LONG.get(content, 0) > RETRY_LIFETIME_NANOS) {
      return INVALID_RETRY_TOKEN;
    }
    return new Evidence.Retried(ConnectionId.of(content, Long.BYTES, content.length - Long.BYTES));
  }

  private Evidence examineLater(
      QuicVersion version, InetSocketAddress client, byte[] token, long nowNanos) {
    byte[] content = keys.open(sealed(token), laterContext(version, client), nowNanos);
    boolean fresh =
        content != null && nowNanos - (long) LONG.get(content, 0) <= LATER_LIFETIME_NANOS;
    // RFC 9000 §8.1.4: or whoever once had an address could have us flood it for a day.
    return fresh && spent.spend(tag(token)) ? KNOWN_ADDRESS : NONE;
  }

  private byte[] seal(byte kind, byte[] content, byte[] context, long nowNanos) {
    byte[] sealed = keys.seal(content, context, nowNanos);
    byte[] token = new byte[1 + sealed.length];
    token[0] = kind;
    System.arraycopy(sealed, 0, token, 1, sealed.length);
    return token;
  }

  private static byte[] sealed(byte[] token) {
    return Arrays.copyOfRange(token, 1, token.length);
  }

  private static byte[] time(long nowNanos) {
    byte[] bytes = new byte[Long.BYTES];
    LONG.set(bytes, 0, nowNanos);
    return bytes;
  }

  /** As good as random, and no two tokens can share it but by chance. */
  private static long tag(byte[] token) {
    return (long) LONG.get(token, token.length - Long.BYTES);
  }

  private static byte[] retryContext(
      QuicVersion version, InetSocketAddress client, ConnectionId source) {
    byte[] address = client.getAddress().getAddress();
    byte[] context = Arrays.copyOf(address, address.length + 4 + source.length());
    int at = address.length;
    context[at++] = (byte) (client.getPort() >>> Byte.SIZE);
    context[at++] = (byte) client.getPort();
    context[at++] = RETRY;
    context[at++] = (byte) version.ordinal();
    source.writeTo(context, at);
    return context;
  }

  /** RFC 9000 §8.1.3: not the port, which a client cannot keep from one connection to the next. */
  private static byte[] laterContext(QuicVersion version, InetSocketAddress client) {
    byte[] address = client.getAddress().getAddress();
    byte[] context = Arrays.copyOf(address, address.length + 2);
    context[address.length] = LATER;
    context[address.length + 1] = (byte) version.ordinal();
    return context;
  }
}
