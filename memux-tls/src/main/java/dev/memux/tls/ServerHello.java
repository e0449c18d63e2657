package dev.memux.tls;

import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;

import dev.memux.tls.ExtensionType.Place;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A ServerHello, or the HelloRetryRequest that looks like one (RFC 8446 §4.1.3, §4.1.4).
 *
 * @param suite as chosen by the server
 * @param group of the key share, or the group wanted by a HelloRetryRequest
 * @param keyShare null in a HelloRetryRequest
 * @param cookie only in a HelloRetryRequest
 * @param selectedPsk which of our pre-shared keys the server has taken; null: none
 */
record ServerHello(
    boolean isRetryRequest,
    CipherSuite suite,
    @Nullable Integer group,
    byte @Nullable [] keyShare,
    byte @Nullable [] cookie,
    @Nullable Integer selectedPsk) {
  /** SHA-256 of "HelloRetryRequest", in the place of the random (RFC 8446 §4.1.3). */
  private static final byte[] RETRY_RANDOM =
      HexFormat.of().parseHex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");

  /** "DOWNGRD" and 1 or 0 at the end of the random of older versions (RFC 8446 §4.1.3). */
  private static final byte[] DOWNGRADE_TO_1_2 = HexFormat.of().parseHex("444f574e47524401");

  private static final byte[] DOWNGRADE_BELOW_1_2 = HexFormat.of().parseHex("444f574e47524400");

  /**
   * Reads one.
   *
   * @param sessionId that we sent and that must be echoed
   * @param offered extensions that we sent
   */
  static ServerHello read(HandshakeReader body, byte[] sessionId, Set<ExtensionType> offered)
      throws TlsAlertException {
    int legacyVersion = body.u16();
    byte[] random = body.bytes(ClientHello.RANDOM_BYTES);
    byte[] echo = body.vector8(0).rest();
    int suiteCode = body.u16();
    int compression = body.u8();
    // Before TLS 1.3 extensions could be absent.
    Extensions extensions = Extensions.read(body.hasMore() ? body.vector16(0) : body);
    body.finish();

    boolean isRetry = Arrays.equals(random, RETRY_RANDOM);
    requireTls13(legacyVersion, extensions, random);
    extensions.requireLegal(isRetry ? Place.HELLO_RETRY_REQUEST : Place.SERVER_HELLO, offered);
    if (!Arrays.equals(echo, sessionId)) {
      throw new TlsAlertException(ILLEGAL_PARAMETER, "legacy_session_id is not echoed");
    }
    if (compression != 0) {
      throw new TlsAlertException(ILLEGAL_PARAMETER, "compression chosen");
    }
    CipherSuite suite = CipherSuite.of(suiteCode);
    if (suite == null) {
      throw new TlsAlertException(
          ILLEGAL_PARAMETER, "cipher suite " + suiteCode + " was not offered");
    }
    return isRetry ? retry(suite, extensions) : hello(suite, extensions);
  }

  /**
   * Writes a ServerHello.
   *
   * @param selectedPsk which of the client's pre-shared keys is taken; null: none
   */
  static byte[] write(
      byte[] random,
      byte[] sessionId,
      CipherSuite suite,
      NamedGroup group,
      byte[] keyShare,
      @Nullable Integer selectedPsk) {
    HandshakeWriter w = new HandshakeWriter(HandshakeType.SERVER_HELLO);
    int extensions = openFields(w, random, sessionId, suite);
    int share = w.openExtension(ExtensionType.KEY_SHARE);
    w.u16(group.code()).vector16(keyShare);
    w.close(share, 2);
    if (selectedPsk != null) {
      int psk = w.openExtension(ExtensionType.PRE_SHARED_KEY);
      w.u16(selectedPsk);
      w.close(psk, 2);
    }
    w.close(extensions, 2);
    return w.finish();
  }

  /** Writes a HelloRetryRequest that asks for a key share of {@code group}. */
  static byte[] writeRetryRequest(byte[] sessionId, CipherSuite suite, NamedGroup group) {
    HandshakeWriter w = new HandshakeWriter(HandshakeType.SERVER_HELLO);
    int extensions = openFields(w, RETRY_RANDOM, sessionId, suite);
    int share = w.openExtension(ExtensionType.KEY_SHARE);
    w.u16(group.code());
    w.close(share, 2);
    w.close(extensions, 2);
    return w.finish();
  }

  private static int openFields(
      HandshakeWriter w, byte[] random, byte[] sessionId, CipherSuite suite) {
    w.u16(ClientHello.LEGACY_VERSION).bytes(random).vector8(sessionId);
    w.u16(suite.code()).u8(0);
    int extensions = w.open(2);
    int version = w.openExtension(ExtensionType.SUPPORTED_VERSIONS);
    w.u16(ClientHello.TLS_1_3);
    w.close(version, 2);
    return extensions;
  }

  private static void requireTls13(int legacyVersion, Extensions extensions, byte[] random)
      throws TlsAlertException {
    HandshakeReader version = extensions.value(ExtensionType.SUPPORTED_VERSIONS);
    if (version == null) {
      // RFC 8446 §4.1.3: a server that speaks TLS 1.3 says so when it is made to speak less.
      byte[] tail = Arrays.copyOfRange(random, random.length - 8, random.length);
      if (Arrays.equals(tail, DOWNGRADE_TO_1_2) || Arrays.equals(tail, DOWNGRADE_BELOW_1_2)) {
        throw new TlsAlertException(ILLEGAL_PARAMETER, "downgrade from TLS 1.3");
      }
      throw new TlsAlertException(AlertDescription.PROTOCOL_VERSION, "server lacks TLS 1.3");
    }
    int selected = version.u16();
    version.finish();
    // RFC 8446 §4.2.1: the selected version must be offered, the other field stays at 1.2.
    if (selected != ClientHello.TLS_1_3 || legacyVersion != ClientHello.LEGACY_VERSION) {
      throw new TlsAlertException(ILLEGAL_PARAMETER, "a version that was not offered");
    }
  }

  private static ServerHello hello(CipherSuite suite, Extensions extensions)
      throws TlsAlertException {
    HandshakeReader share = extensions.required(ExtensionType.KEY_SHARE);
    int group = share.u16();
    byte[] keyShare = share.vector16(1).rest();
    share.finish();
    Integer selectedPsk = null;
    HandshakeReader psk = extensions.value(ExtensionType.PRE_SHARED_KEY);
    if (psk != null) {
      selectedPsk = psk.u16();
      psk.finish();
    }
    return new ServerHello(false, suite, group, keyShare, null, selectedPsk);
  }

  private static ServerHello retry(CipherSuite suite, Extensions extensions)
      throws TlsAlertException {
    Integer group = null;
    HandshakeReader share = extensions.value(ExtensionType.KEY_SHARE);
    if (share != null) {
      group = share.u16();
      share.finish();
    }
    byte[] cookie = null;
    HandshakeReader value = extensions.value(ExtensionType.COOKIE);
    if (value != null) {
      cookie = value.vector16(1).rest();
      value.finish();
    }
    return new ServerHello(true, suite, group, null, cookie, null);
  }
}
