package dev.memux.engine.quic;

import dev.memux.engine.wire.QuicVersion;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A server's token for the next connection, as applications keep it: with the version of QUIC that
 * it came in, as it is good for no other (RFC 9369 §5).
 *
 * @param version null: of none that is spoken here
 * @param token as it travels
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record VersionedToken(@Nullable QuicVersion version, byte[] token) {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private static final VersionedToken NONE = new VersionedToken(null, new byte[0]);

  /** For an application to keep. */
  static byte[] encode(QuicVersion version, byte[] token) {
    byte[] kept = new byte[Integer.BYTES + token.length];
    INT.set(kept, 0, version.code());
    System.arraycopy(token, 0, kept, Integer.BYTES, token.length);
    return kept;
  }

  /** What an application has kept; bytes of another origin are no token. */
  static VersionedToken decode(byte[] kept) {
    if (kept.length <= Integer.BYTES) {
      return NONE;
    }
    QuicVersion version = QuicVersion.of((int) INT.get(kept, 0));
    return version == null
        ? NONE
        : new VersionedToken(version, Arrays.copyOfRange(kept, Integer.BYTES, kept.length));
  }
}
