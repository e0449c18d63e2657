package dev.memux.engine.packet;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.random.RandomGenerator;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;

/**
 * Issues the connection IDs of one event loop, 8 bytes each, and tells from an ID which loop issued
 * it, so that a datagram that the kernel hands to the wrong loop finds its way.
 *
 * <p>RFC 9000 §5.1: IDs must not let an observer see that they belong together. An ID is therefore
 * loop index (8 bits), zeros (8 bits, by which foreign IDs are recognised) and a count (48 bits)
 * under a four-round Feistel cipher with AES as its round function, as QUIC-LB
 * (draft-ietf-quic-load-balancers) encrypts IDs that are shorter than an AES block. No two IDs of a
 * generator are equal before 2^48 have been issued; those of two loops never are.
 */
public final class ConnectionIdGenerator {
  /** Length of the IDs issued here. */
  public static final int CONNECTION_ID_BYTES = Long.BYTES;

  /** Loops that an ID can name. */
  public static final int MAX_LOOPS = 256;

  /** Length of the key that all loops of a server share. */
  public static final int KEY_BYTES = 16;

  private static final int ROUNDS = 4;
  private static final int AES_BLOCK_BYTES = 16;
  private static final int COUNT_BITS = 48;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
  private static final int LOOP_SHIFT = 56;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final Cipher cipher = JdkProtection.cipher("AES/ECB/NoPadding");
  private final byte[] roundInput = new byte[AES_BLOCK_BYTES];
  private final byte[] roundOutput = new byte[AES_BLOCK_BYTES];
  private final int loopIndex;
  private long count;

  /**
   * @param key {@link #KEY_BYTES} secret bytes, shared by all loops of the server
   * @param loopIndex below {@link #MAX_LOOPS}
   * @param random where the count starts, so that a restarted server with the same key does not
   *     issue its old IDs again
   */
  public ConnectionIdGenerator(byte[] key, int loopIndex, RandomGenerator random) {
    if (key.length != KEY_BYTES) {
      throw new IllegalArgumentException("key of " + key.length + " bytes");
    }
    if (loopIndex < 0 || loopIndex >= MAX_LOOPS) {
      throw new IllegalArgumentException("loop " + loopIndex);
    }
    try {
      cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    this.loopIndex = loopIndex;
    this.count = random.nextLong();
  }

  /** A connection ID never issued before. */
  public ConnectionId next() {
    count++;
    long plain = (long) loopIndex << LOOP_SHIFT | (count & COUNT_MASK);
    byte[] bytes = new byte[CONNECTION_ID_BYTES];
    LONG.set(bytes, 0, encrypt(plain));
    return ConnectionId.of(bytes);
  }

  /**
   * The loop that issued the ID at {@code d[from..from + 8)}.
   *
   * @return -1 if no loop of this server did. One in 256 IDs made up by others passes, so this
   *     routes and proves nothing
   */
  public int loopIndex(byte[] d, int from) {
    long plain = decrypt((long) LONG.get(d, from));
    boolean issuedHere = ((plain >>> COUNT_BITS) & 0xff) == 0;
    return issuedHere ? (int) (plain >>> LOOP_SHIFT) : -1;
  }

  private long encrypt(long plain) {
    int left = (int) (plain >>> Integer.SIZE);
    int right = (int) plain;
    for (int round = 0; round < ROUNDS; round++) {
      int mixed = left ^ roundFunction(round, right);
      left = right;
      right = mixed;
    }
    return (long) left << Integer.SIZE | (right & 0xffff_ffffL);
  }

  private long decrypt(long encrypted) {
    int left = (int) (encrypted >>> Integer.SIZE);
    int right = (int) encrypted;
    for (int round = ROUNDS - 1; round >= 0; round--) {
      int mixed = right ^ roundFunction(round, left);
      right = left;
      left = mixed;
    }
    return (long) left << Integer.SIZE | (right & 0xffff_ffffL);
  }

  private int roundFunction(int round, int half) {
    roundInput[0] = (byte) round;
    INT.set(roundInput, AES_BLOCK_BYTES - Integer.BYTES, half);
    try {
      cipher.update(roundInput, 0, AES_BLOCK_BYTES, roundOutput, 0);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    return (int) INT.get(roundOutput, 0);
  }
}
