package dev.memux.tls;

import static dev.memux.tls.ExtensionType.APPLICATION_LAYER_PROTOCOL_NEGOTIATION;
import static dev.memux.tls.ExtensionType.QUIC_TRANSPORT_PARAMETERS;

import dev.memux.tls.ExtensionType.Place;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * EncryptedExtensions (RFC 8446 §4.3.1): the server's answers to the client's extensions.
 *
 * @param applicationProtocol null: no ALPN extension
 * @param transportParameters null: no such extension
 * @param isNamed server_name is acknowledged: it decided on the certificate (RFC 6066 §3)
 * @param acceptsEarlyData the client's early data is taken (RFC 8446 §4.2.10)
 */
record EncryptedExtensions(
    @Nullable String applicationProtocol,
    byte @Nullable [] transportParameters,
    boolean isNamed,
    boolean acceptsEarlyData) {

  /**
   * @param offered extensions that we sent
   */
  static EncryptedExtensions read(HandshakeReader body, Set<ExtensionType> offered)
      throws TlsAlertException {
    Extensions extensions = Extensions.read(body.vector16(0));
    body.finish();
    extensions.requireLegal(Place.ENCRYPTED_EXTENSIONS, offered);
    HandshakeReader serverName = extensions.value(ExtensionType.SERVER_NAME);
    if (serverName != null) {
      serverName.finish(); // RFC 6066 §3: an empty acknowledgement
    }
    HandshakeReader earlyData = extensions.value(ExtensionType.EARLY_DATA);
    if (earlyData != null) {
      earlyData.finish(); // RFC 8446 §4.2.10: empty here
    }
    HandshakeReader groups = extensions.value(ExtensionType.SUPPORTED_GROUPS);
    if (groups != null) {
      groups.vector16(2).u16List(); // RFC 8446 §4.2.7: for later connections, not acted upon
      groups.finish();
    }
    HandshakeReader parameters = extensions.value(QUIC_TRANSPORT_PARAMETERS);
    return new EncryptedExtensions(
        readProtocol(extensions),
        parameters == null ? null : parameters.rest(),
        serverName != null,
        earlyData != null);
  }

  byte[] write() {
    HandshakeWriter w = new HandshakeWriter(HandshakeType.ENCRYPTED_EXTENSIONS);
    int extensions = w.open(2);
    if (isNamed) {
      w.close(w.openExtension(ExtensionType.SERVER_NAME), 2);
    }
    if (applicationProtocol != null) {
      int protocol = w.openExtension(APPLICATION_LAYER_PROTOCOL_NEGOTIATION);
      int list = w.open(2);
      w.vector8(applicationProtocol.getBytes(StandardCharsets.ISO_8859_1));
      w.close(list, 2);
      w.close(protocol, 2);
    }
    if (transportParameters != null) {
      int parameters = w.openExtension(QUIC_TRANSPORT_PARAMETERS);
      w.bytes(transportParameters);
      w.close(parameters, 2);
    }
    if (acceptsEarlyData) {
      w.close(w.openExtension(ExtensionType.EARLY_DATA), 2);
    }
    w.close(extensions, 2);
    return w.finish();
  }

  private static @Nullable String readProtocol(Extensions extensions) throws TlsAlertException {
    HandshakeReader value = extensions.value(APPLICATION_LAYER_PROTOCOL_NEGOTIATION);
    if (value == null) {
      return null;
    }
    List<String> names = ClientHello.readProtocolNames(value);
    if (names.size() != 1) {
      // RFC 7301 §3.1: the server selects exactly one.
      throw new TlsAlertException(
          AlertDescription.ILLEGAL_PARAMETER, "not exactly one application protocol");
    }
    return names.getFirst();
  }
}
