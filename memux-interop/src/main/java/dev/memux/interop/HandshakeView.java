package dev.memux.interop;

import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.TransportParameters;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads of TLS messages (RFC 8446 §4) what the judges ask for. */
final class HandshakeView {
  static final int CLIENT_HELLO = 1;
  static final int ENCRYPTED_EXTENSIONS = 8;
  static final int CERTIFICATE = 11;

  private static final int HEADER_BYTES = 4;
  private static final int RANDOM_BYTES = 32;
  private static final int TRANSPORT_PARAMETERS = 0x39;

  private HandshakeView() {}

  /** The body of the first message of a type that is there as a whole, or null. */
  static byte @Nullable [] message(byte[] handshake, int type) {
    for (int at = 0; at + HEADER_BYTES <= handshake.length; ) {
      int length = ByteBuffer.wrap(handshake, at, HEADER_BYTES).getInt() & 0xffffff;
      int end = at + HEADER_BYTES + length;
      if (handshake[at] == type) {
        return end <= handshake.length
            ? Arrays.copyOfRange(handshake, at + HEADER_BYTES, end)
            : null;
      }
      at = end;
    }
    return null;
  }

  /**
   * The cipher suites that a ClientHello offers, without the values that mean nothing (RFC 8701).
   */
  static List<Integer> cipherSuites(byte[] clientHello) {
    ByteBuffer in = ByteBuffer.wrap(clientHello);
    in.position(Short.BYTES + RANDOM_BYTES);
    skip(in, in.get() & 0xff);
    List<Integer> suites = new ArrayList<>();
    for (int left = in.getShort() & 0xffff; left > 0; left -= Short.BYTES) {
      int suite = in.getShort() & 0xffff;
      if ((suite & 0x0f0f) != 0x0a0a) {
        suites.add(suite);
      }
    }
    return suites;
  }

  /** The server's transport parameters, or null where EncryptedExtensions have none. */
  static @Nullable TransportParameters parameters(byte[] encryptedExtensions) {
    ByteBuffer in = ByteBuffer.wrap(encryptedExtensions);
    in.getShort();
    while (in.hasRemaining()) {
      int type = in.getShort() & 0xffff;
      byte[] value = new byte[in.getShort() & 0xffff];
      in.get(value);
      if (type == TRANSPORT_PARAMETERS) {
        try {
          return TransportParameters.decode(value, true);
        } catch (ProtocolException e) {
          return null;
        }
      }
    }
    return null;
  }

  private static void skip(ByteBuffer in, int bytes) {
    in.position(in.position() + bytes);
  }
}
