package dev.memux.engine.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What an endpoint says of its versions, authenticated by the handshake (RFC 9368 §3).
 *
 * @param chosen the version that its sender has chosen for the connection; not 0
 * @param available from a client those that its first packets may be taken for, the preferred one
 *     first; from a server those that all of its instances speak. None is 0
 */
public record VersionInformation(int chosen, List<Integer> available) {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  public VersionInformation {
    available = List.copyOf(available);
  }

  byte[] encode() {
    byte[] encoded = new byte[Integer.BYTES * (1 + available.size())];
    INT.set(encoded, 0, chosen);
    for (int i = 0; i < available.size(); i++) {
      INT.set(encoded, Integer.BYTES * (1 + i), (int) available.get(i));
    }
    return encoded;
  }

  /**
   * Reads what a peer sent.
   *
   * @throws ProtocolException TRANSPORT_PARAMETER_ERROR if it cannot be read
   */
  static VersionInformation decode(byte[] encoded, boolean fromServer) throws ProtocolException {
    // RFC 9368 §4: what cannot be read protects against no downgrade.
    if (encoded.length < Integer.BYTES || encoded.length % Integer.BYTES != 0) {
      throw error("version_information of " + encoded.length + " bytes");
    }
    int chosen = version(encoded, 0);
    List<Integer> available = new ArrayList<>();
    for (int at = Integer.BYTES; at < encoded.length; at += Integer.BYTES) {
      available.add(version(encoded, at));
    }
    // RFC 9368 §4: a client's choice is among what it offers, or the server cannot know how it
    // ranks.
    if (!fromServer && !available.contains(chosen)) {
      throw error("version_information whose chosen version is not available");
    }
    return new VersionInformation(chosen, available);
  }

  /** RFC 9368 §4: 0 is no version. */
  private static int version(byte[] encoded, int at) throws ProtocolException {
    int version = (int) INT.get(encoded, at);
    if (version == 0) {
      throw error("version 0 in version_information");
    }
    return version;
  }

  private static ProtocolException error(String reason) {
    return new ProtocolException(TransportError.TRANSPORT_PARAMETER_ERROR, 0, reason);
  }
}
