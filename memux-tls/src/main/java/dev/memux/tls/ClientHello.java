package dev.memux.tls;

import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;

import dev.memux.tls.ExtensionType.Place;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A ClientHello as a server reads it (RFC 8446 §4.1.2), with the extensions this server knows.
 * Numbers that it does not know, GREASE (RFC 8701) among them, are kept or dropped without judging.
 */
final class ClientHello {
  static final int LEGACY_VERSION = 0x0303;
  static final int TLS_1_3 = 0x0304;
  static final int RANDOM_BYTES = 32;

  /** Clients send one or two, GREASE besides. */
  static final int MAX_KEY_SHARES = 16;

  static final int PSK_DHE_KE = 1; // RFC 8446 §4.2.9

  private static final int MAX_SESSION_ID_BYTES = 32;
  private static final int HOST_NAME = 0; // RFC 6066 §3

  private final byte[] random;
  private final byte[] sessionId;
  private final int[] cipherSuites;
  private final Extensions extensions;
  private final int[] versions;
  private final int[] groups;
  private final Map<Integer, byte[]> keyShares;
  private final SignatureOffer signatures;
  private final List<String> applicationProtocols;
  private final @Nullable String serverName;
  private final byte @Nullable [] transportParameters;
  private final boolean resumesWithKeyExchange;
  private final @Nullable PskOffer preSharedKeys;

  private ClientHello(HandshakeReader body) throws TlsAlertException {
    body.u16(); // RFC 8446 §4.2.1: legacy_version is ignored, supported_versions counts
    random = body.bytes(RANDOM_BYTES);
    sessionId = body.vector8(0).rest();
    if (sessionId.length > MAX_SESSION_ID_BYTES) {
      throw new TlsAlertException(AlertDescription.DECODE_ERROR, "legacy_session_id is too long");
    }
    cipherSuites = body.vector16(2).u16List();
    byte[] compression = body.vector8(1).rest();
    // Before TLS 1.2 there were hellos without extensions.
    extensions = Extensions.read(body.hasMore() ? body.vector16(0) : body);
    body.finish();
    extensions.requireLegal(Place.CLIENT_HELLO, EnumSet.noneOf(ExtensionType.class));

    versions = readVersions();
    requireTls13(compression);
    requirePskLast();
    groups = extensions.numbers(ExtensionType.SUPPORTED_GROUPS);
    keyShares = readKeyShares();
    signatures = SignatureOffer.read(extensions);
    requireKeyExchange();
    applicationProtocols = readApplicationProtocols();
    serverName = readServerName();
    HandshakeReader parameters = extensions.value(ExtensionType.QUIC_TRANSPORT_PARAMETERS);
    transportParameters = parameters == null ? null : parameters.rest();
    HandshakeReader earlyData = extensions.value(ExtensionType.EARLY_DATA);
    if (earlyData != null) {
      earlyData.finish(); // RFC 8446 §4.2.10: empty here
    }
    resumesWithKeyExchange = readPskModes();
    HandshakeReader offer = extensions.value(ExtensionType.PRE_SHARED_KEY);
    preSharedKeys = offer == null ? null : PskOffer.read(offer);
  }

  static ClientHello read(HandshakeReader body) throws TlsAlertException {
    return new ClientHello(body);
  }

  byte[] random() {
    return random;
  }

  byte[] sessionId() {
    return sessionId;
  }

  boolean offers(CipherSuite suite) {
    return contains(cipherSuites, suite.code());
  }

  boolean supports(NamedGroup group) {
    return contains(groups, group.code());
  }

  byte @Nullable [] keyShare(NamedGroup group) {
    return keyShares.get(group.code());
  }

  int keyShareCount() {
    return keyShares.size();
  }

  boolean has(ExtensionType type) {
    return extensions.has(type);
  }

  /** What the client can verify. */
  SignatureOffer signatures() {
    return signatures;
  }

  /** By ALPN; empty: no such extension. */
  List<String> applicationProtocols() {
    return applicationProtocols;
  }

  @Nullable String serverName() {
    return serverName;
  }

  byte @Nullable [] transportParameters() {
    return transportParameters;
  }

  /**
   * Whether psk_dhe_ke is offered, the only mode here (RFC 8446 §4.2.9): it keeps the future
   * secret.
   */
  boolean resumesWithKeyExchange() {
    return resumesWithKeyExchange;
  }

  /** Null: none offered. */
  @Nullable PskOffer preSharedKeys() {
    return preSharedKeys;
  }

  /**
   * Whether {@code first}, answered by a HelloRetryRequest, may have become this: all must be equal
   * but what RFC 8446 §4.1.2 lists.
   */
  boolean mayFollow(ClientHello first) {
    return Arrays.equals(random, first.random)
        && Arrays.equals(sessionId, first.sessionId)
        && Arrays.equals(cipherSuites, first.cipherSuites)
        && Arrays.equals(groups, first.groups)
        && signatures.sameAs(first.signatures)
        && applicationProtocols.equals(first.applicationProtocols)
        && Objects.equals(serverName, first.serverName)
        && Arrays.equals(transportParameters, first.transportParameters)
        && (preSharedKeys == null || first.preSharedKeys != null)
        && !has(ExtensionType.EARLY_DATA);
  }

  private int[] readVersions() throws TlsAlertException {
    HandshakeReader value = extensions.value(ExtensionType.SUPPORTED_VERSIONS);
    if (value == null) {
      return new int[0];
    }
    int[] offered = value.vector8(2).u16List();
    value.finish();
    return offered;
  }

  private void requireTls13(byte[] compression) throws TlsAlertException {
    if (!contains(versions, TLS_1_3)) {
      throw new TlsAlertException(AlertDescription.PROTOCOL_VERSION, "client lacks TLS 1.3");
    }
    // RFC 8446 §4.1.2: in TLS 1.3 exactly "null".
    if (compression.length != 1 || compression[0] != 0) {
      throw new TlsAlertException(ILLEGAL_PARAMETER, "compression offered");
    }
    // RFC 8446 §4.2.2: a cookie only repeats a HelloRetryRequest's, and ours has none.
    if (extensions.has(ExtensionType.COOKIE)) {
      throw new TlsAlertException(ILLEGAL_PARAMETER, "a cookie that this server did not set");
    }
  }

  private void requirePskLast() throws TlsAlertException {
    if (!extensions.has(ExtensionType.PRE_SHARED_KEY)) {
      return;
    }
    // RFC 8446 §4.2.11: binders cover all that stands before them.
    if (!extensions.endsWith(ExtensionType.PRE_SHARED_KEY)) {
      throw new TlsAlertException(ILLEGAL_PARAMETER, "pre_shared_key is not the last extension");
    }
    // RFC 8446 §4.2.9
    extensions.required(ExtensionType.PSK_KEY_EXCHANGE_MODES);
  }

  /** RFC 8446 §9.2: also with a PSK, as this server takes none without a key exchange. */
  private void requireKeyExchange() throws TlsAlertException {
    extensions.required(ExtensionType.SUPPORTED_GROUPS);
    extensions.required(ExtensionType.KEY_SHARE);
    if (!extensions.has(ExtensionType.PRE_SHARED_KEY)) {
      extensions.required(ExtensionType.SIGNATURE_ALGORITHMS);
    }
  }

  private boolean readPskModes() throws TlsAlertException {
    HandshakeReader value = extensions.value(ExtensionType.PSK_KEY_EXCHANGE_MODES);
    boolean withKeyExchange = false;
    if (value != null) {
      HandshakeReader modes = value.vector8(1);
      value.finish();
      while (modes.hasMore()) {
        withKeyExchange |= modes.u8() == PSK_DHE_KE;
      }
    }
    return withKeyExchange;
  }

  private Map<Integer, byte[]> readKeyShares() throws TlsAlertException {
    Map<Integer, byte[]> shares = new LinkedHashMap<>();
    HandshakeReader value = extensions.value(ExtensionType.KEY_SHARE);
    if (value == null) {
      return shares;
    }
    HandshakeReader entries = value.vector16(0);
    value.finish();
    while (entries.hasMore()) {
      int group = entries.u16();
      byte[] share = entries.vector16(1).rest();
      // Each costs a search of the groups; two lists of thousands would cost more than signing.
      if (shares.size() == MAX_KEY_SHARES) {
        throw new TlsAlertException(ILLEGAL_PARAMETER, "too many key shares");
      }
      // RFC 8446 §4.2.8: one share a group, and only for groups listed as supported.
      if (shares.put(group, share) != null) {
        throw new TlsAlertException(ILLEGAL_PARAMETER, "two key shares for group " + group);
      }
      if (!contains(groups, group)) {
        throw new TlsAlertException(
            ILLEGAL_PARAMETER, "a key share for group " + group + ", not listed as supported");
      }
    }
    return shares;
  }

  private List<String> readApplicationProtocols() throws TlsAlertException {
    HandshakeReader value = extensions.value(ExtensionType.APPLICATION_LAYER_PROTOCOL_NEGOTIATION);
    if (value == null) {
      return List.of();
    }
    return readProtocolNames(value);
  }

  /** RFC 7301 §3.1; at least one name. */
  static List<String> readProtocolNames(HandshakeReader value) throws TlsAlertException {
    HandshakeReader list = value.vector16(2);
    value.finish();
    List<String> names = new ArrayList<>();
    while (list.hasMore()) {
      names.add(new String(list.vector8(1).rest(), StandardCharsets.ISO_8859_1));
    }
    return names;
  }

  /** RFC 6066 §3. */
  private @Nullable String readServerName() throws TlsAlertException {
    HandshakeReader value = extensions.value(ExtensionType.SERVER_NAME);
    if (value == null) {
      return null;
    }
    HandshakeReader list = value.vector16(1);
    value.finish();
    Set<Integer> types = new HashSet<>();
    String name = null;
    while (list.hasMore()) {
      int type = list.u8();
      byte[] bytes = list.vector16(1).rest();
      if (!types.add(type)) {
        throw new TlsAlertException(ILLEGAL_PARAMETER, "two server names of one type");
      }
      if (type == HOST_NAME) {
        name = ServerName.fromWire(bytes);
      }
    }
    return name;
  }

  private static boolean contains(int[] numbers, int wanted) {
    for (int number : numbers) {
      if (number == wanted) {
        return true;
      }
    }
    return false;
  }
}
