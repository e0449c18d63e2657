package dev.memux.engine.packet;

import dev.memux.engine.wire.QuicVersion;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * Retry packets (RFC 9000 §17.2.5). They have no packet number and no keys; their integrity tag
 * (RFC 9001 §5.8) only shows that whoever sent one has seen the client's Initial.
 */
public final class RetryPacket {
  private RetryPacket() {}

  /**
   * Writes a whole packet.
   *
   * @param version of the Initial that it answers
   * @param client the source ID of the Initial that it answers
   * @param source what the client is to address next; not {@code original} (RFC 9000 §17.2.5.1)
   * @param original the destination ID of the Initial that it answers
   * @return where it ends
   */
  public static int write(
      QuicVersion version,
      byte[] out,
      int from,
      ConnectionId client,
      ConnectionId source,
      byte[] token,
      ConnectionId original) {
    out[from] =
        (byte)
            (PacketHeader.FORM_BIT
                | PacketHeader.FIXED_BIT
                | VersionTraits.of(version).typeBits(PacketType.RETRY));
    int at = from + 1;
    for (int shift = Integer.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
      out[at++] = (byte) (version.code() >>> shift);
    }
    out[at++] = (byte) client.length();
    at = client.writeTo(out, at);
    out[at++] = (byte) source.length();
    at = source.writeTo(out, at);
    System.arraycopy(token, 0, out, at, token.length);
    at += token.length;
    byte[] tag = tag(version, out, from, at, original);
    System.arraycopy(tag, 0, out, at, tag.length);
    return at + tag.length;
  }

  /**
   * Whether {@code d[from..end)} answers an Initial that went to {@code original}: to be checked
   * before anything in it is believed (RFC 9000 §17.2.5.2).
   */
  public static boolean isAuthentic(
      QuicVersion version, byte[] d, int from, int end, ConnectionId original) {
    int tagFrom = end - PacketHeader.RETRY_TAG_BYTES;
    return MessageDigest.isEqual(
        tag(version, d, from, tagFrom, original), Arrays.copyOfRange(d, tagFrom, end));
  }

  /** The tag of nothing, with the packet and the ID that it does not name as associated data. */
  private static byte[] tag(
      QuicVersion version, byte[] d, int from, int end, ConnectionId original) {
    VersionTraits traits = VersionTraits.of(version);
    try {
      // A new one each time: the JDK's refuses to use a nonce again, as must be done here.
      Cipher cipher = JdkProtection.cipher("AES/GCM/NoPadding");
      cipher.init(
          Cipher.ENCRYPT_MODE,
          traits.retryKey(),
          new GCMParameterSpec(PacketHeader.RETRY_TAG_BYTES * Byte.SIZE, traits.retryNonce()));
      cipher.updateAAD(new byte[] {(byte) original.length()});
      cipher.updateAAD(original.bytes);
      cipher.updateAAD(d, from, end - from);
      return cipher.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK does not encrypt", e);
    }
  }
}
