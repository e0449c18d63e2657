package dev.memux.engine.wire;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The transport parameter preferred_address (RFC 9000 §18.2): where a server would rather be talked
 * to after the handshake.
 *
 * @param v4 null: none
 * @param v6 null: none
 * @param connectionId the one with sequence number 1
 * @param resetToken that goes with it
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record PreferredAddress(
    @Nullable InetSocketAddress v4,
    @Nullable InetSocketAddress v6,
    byte[] connectionId,
    byte[] resetToken) {
  private static final int V4_BYTES = 4;
  private static final int V6_BYTES = 16;
  private static final int ID_LENGTH_AT = V4_BYTES + Short.BYTES + V6_BYTES + Short.BYTES;

  /**
   * @throws IllegalArgumentException if an address is not of its family
   */
  public PreferredAddress {
    if (v4 != null && !(v4.getAddress() instanceof Inet4Address)) {
      throw new IllegalArgumentException("not IPv4: " + v4);
    }
    if (v6 != null && !(v6.getAddress() instanceof Inet6Address)) {
      throw new IllegalArgumentException("not IPv6: " + v6);
    }
  }

  /** The one of the family of {@code other}; null: none. */
  public @Nullable InetSocketAddress ofFamily(InetAddress other) {
    return other instanceof Inet6Address ? v6 : v4;
  }

  /**
   * The opposite of {@link #encode}.
   *
   * @param encoded whose lengths have been checked
   */
  public static PreferredAddress decode(byte[] encoded) {
    ByteBuffer in = ByteBuffer.wrap(encoded);
    InetSocketAddress v4 = address(in, V4_BYTES);
    InetSocketAddress v6 = address(in, V6_BYTES);
    int idFrom = ID_LENGTH_AT + 1;
    int tokenFrom = idFrom + (encoded[ID_LENGTH_AT] & 0xff);
    return new PreferredAddress(
        v4,
        v6,
        Arrays.copyOfRange(encoded, idFrom, tokenFrom),
        Arrays.copyOfRange(encoded, tokenFrom, encoded.length));
  }

  /** RFC 9000 §18.2: all zeros is none. A port of 0 could not be sent to either. */
  private static @Nullable InetSocketAddress address(ByteBuffer in, int bytes) {
    byte[] host = new byte[bytes];
    in.get(host);
    int port = in.getShort() & 0xffff;
    try {
      InetAddress address =
          bytes == V6_BYTES
              ? Inet6Address.getByAddress(null, host, null) // never IPv4, even if mapped
              : InetAddress.getByAddress(host);
      return port == 0 || address.isAnyLocalAddress() ? null : new InetSocketAddress(address, port);
    } catch (IOException e) {
      throw new IllegalStateException("an address of " + bytes + " bytes", e);
    }
  }

  /** The value of the transport parameter. */
  public byte[] encode() {
    ByteBuffer out =
        ByteBuffer.allocate(ID_LENGTH_AT + 1 + connectionId.length + resetToken.length);
    put(out, v4, V4_BYTES);
    put(out, v6, V6_BYTES);
    return out.put((byte) connectionId.length).put(connectionId).put(resetToken).array();
  }

  private static void put(ByteBuffer out, @Nullable InetSocketAddress address, int bytes) {
    out.put(address == null ? new byte[bytes] : address.getAddress().getAddress());
    out.putShort((short) (address == null ? 0 : address.getPort()));
  }

  @Override
  public String toString() {
    return "preferred " + v4 + ", " + v6; // its arrays have no text that two runs would share
  }
}
