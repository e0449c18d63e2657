package dev.memux.tls;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a client offers: writes its ClientHello, and judges whether answers keep to it. */
final class ClientOffer {
  private static final int HOST_NAME = 0; // RFC 6066 §3

  private final TlsClientConfig config;
  private final ServerName serverName;
  private final byte[] transportParameters;
  private final HandshakeCrypto crypto;
  private final SecureRandom random;
  private final byte[] clientRandom = new byte[ClientHello.RANDOM_BYTES];
  private final Map<NamedGroup, KeyExchange> keyExchanges;
  private final boolean keepsTickets;
  private byte @Nullable [] cookie;
  private @Nullable ResumableSession session;
  private boolean offersEarlyData;

  /**
   * @param session to resume; null: none
   */
  ClientOffer(
      TlsClientConfig config,
      ServerName serverName,
      byte[] transportParameters,
      @Nullable ResumableSession session,
      HandshakeCrypto crypto,
      SecureRandom random) {
    this.config = config;
    this.keepsTickets = config.sessionCache() != null;
    this.session = session;
    this.offersEarlyData =
        config.offersEarlyData() && session != null && session.allowsEarlyData(config);
    this.serverName = serverName;
    this.transportParameters = transportParameters.clone();
    this.crypto = crypto;
    this.random = random;
    random.nextBytes(clientRandom);
    keyExchanges = KeyExchange.generate(config.keyShareGroups(), crypto, random);
  }

  byte[] clientRandom() {
    return clientRandom;
  }

  /** The extensions that the ClientHello holds. */
  Set<ExtensionType> extensions() {
    Set<ExtensionType> offered =
        EnumSet.of(
            ExtensionType.SUPPORTED_VERSIONS,
            ExtensionType.SUPPORTED_GROUPS,
            ExtensionType.KEY_SHARE,
            ExtensionType.SIGNATURE_ALGORITHMS,
            ExtensionType.APPLICATION_LAYER_PROTOCOL_NEGOTIATION,
            ExtensionType.QUIC_TRANSPORT_PARAMETERS);
    if (!serverName.isAddress()) {
      offered.add(ExtensionType.SERVER_NAME);
    }
    if (session != null) {
      offered.add(ExtensionType.PRE_SHARED_KEY);
    }
    if (offersEarlyData) {
      offered.add(ExtensionType.EARLY_DATA);
    }
    return offered;
  }

  boolean has(CipherSuite suite) {
    return config.cipherSuites().contains(suite);
  }

  boolean has(String applicationProtocol) {
    return config.applicationProtocols().contains(applicationProtocol);
  }

  /** The session with which early data is sent; null: there is none to be sent. */
  @Nullable ResumableSession earlyDataSession() {
    return offersEarlyData ? session : null;
  }

  /** The session that a ServerHello resumes, or null: none. */
  @Nullable ResumableSession resumed(ServerHello hello) throws TlsAlertException {
    if (hello.selectedPsk() == null) {
      return null;
    }
    // RFC 8446 §4.2.11: one of ours, with a suite of its hash.
    if (session == null || hello.selectedPsk() != 0 || !session.hasHashOf(hello.suite())) {
      throw new TlsAlertException(
          AlertDescription.ILLEGAL_PARAMETER, "a pre-shared key that does not fit is selected");
    }
    return session;
  }

  /** Our key for a group, if we sent its share. */
  @Nullable KeyExchange keyExchange(@Nullable NamedGroup group) {
    return group == null ? null : keyExchanges.get(group);
  }

  /** The key exchange is over: lets its private keys go. */
  void forgetKeys() {
    keyExchanges.values().forEach(KeyExchange::close);
    keyExchanges.clear();
  }

  /** Changes the offer as the server wants it (RFC 8446 §4.1.2, §4.1.4). */
  void onRetryRequest(ServerHello retry) throws TlsAlertException {
    offersEarlyData = false; // RFC 8446 §4.1.2: the retry has refused it
    Integer code = retry.group();
    if (session != null && !session.hasHashOf(retry.suite())) {
      session = null; // RFC 8446 §4.1.4: its key cannot be used with that suite
    }
    cookie = retry.cookie();
    if (code == null && cookie == null) {
      throw new TlsAlertException(
          AlertDescription.ILLEGAL_PARAMETER, "a HelloRetryRequest that changes nothing");
    }
    if (code == null) {
      return;
    }
    NamedGroup group = NamedGroup.of(code);
    // RFC 8446 §4.2.8: only a group that we support and that we have sent no share for.
    if (group == null || !config.groups().contains(group) || keyExchange(group) != null) {
      throw new TlsAlertException(
          AlertDescription.ILLEGAL_PARAMETER, "a HelloRetryRequest for group " + code);
    }
    forgetKeys();
    keyExchanges.put(group, KeyExchange.generate(group, crypto, random));
  }

  /**
   * The ClientHello, with the same random each time.
   *
   * @param transcript of what was before: nothing, or a first hello and a HelloRetryRequest
   */
  byte[] write(Transcript transcript) {
    HandshakeWriter w = new HandshakeWriter(HandshakeType.CLIENT_HELLO);
    w.u16(ClientHello.LEGACY_VERSION).bytes(clientRandom);
    w.u8(0); // RFC 9001 §8.4: no middlebox compatibility mode, so no legacy_session_id
    int suites = w.open(2);
    for (CipherSuite suite : config.cipherSuites()) {
      w.u16(suite.code());
    }
    w.close(suites, 2);
    w.u8(1).u8(0); // no compression
    int extensions = w.open(2);
    writeServerName(w);
    writeVersions(w);
    writeGroups(w);
    writeKeyShares(w);
    SignatureScheme.writeOffer(w);
    writeApplicationProtocols(w);
    writeOpaque(w, ExtensionType.QUIC_TRANSPORT_PARAMETERS, transportParameters);
    writeCookie(w);
    if (keepsTickets) {
      writeOpaque(w, ExtensionType.PSK_KEY_EXCHANGE_MODES, new byte[] {1, ClientHello.PSK_DHE_KE});
    }
    if (offersEarlyData) {
      writeOpaque(w, ExtensionType.EARLY_DATA, new byte[0]);
    }
    if (session != null) {
      writePreSharedKey(w, session);
    }
    w.close(extensions, 2);
    byte[] hello = w.finish();
    if (session != null) {
      bind(hello, session, transcript);
    }
    return hello;
  }

  /** RFC 8446 §4.2.11: the last extension, as its end depends on all before it. */
  private void writePreSharedKey(HandshakeWriter w, ResumableSession resumable) {
    int extension = w.openExtension(ExtensionType.PRE_SHARED_KEY);
    int identities = w.open(2);
    w.vector16(resumable.ticket()).u32(resumable.obfuscatedAge(config.clock().millis()));
    w.close(identities, 2);
    int binders = w.open(2);
    w.vector8(new byte[resumable.suite().hashBytes()]); // filled in when all is written
    w.close(binders, 2);
    w.close(extension, 2);
  }

  /** RFC 8446 §4.2.11.2: the binder covers everything up to the list of binders. */
  private static void bind(byte[] hello, ResumableSession resumable, Transcript transcript) {
    CipherSuite suite = resumable.suite();
    int bindersBytes = 2 + 1 + suite.hashBytes();
    byte[] hash = transcript.hashWith(suite, hello, hello.length - bindersBytes);
    byte[] binder = KeySchedule.binder(suite, resumable.preSharedKey(), hash);
    System.arraycopy(binder, 0, hello, hello.length - binder.length, binder.length);
  }

  private void writeServerName(HandshakeWriter w) {
    if (serverName.isAddress()) {
      return;
    }
    int extension = w.openExtension(ExtensionType.SERVER_NAME);
    int list = w.open(2);
    w.u8(HOST_NAME).vector16(serverName.name().getBytes(StandardCharsets.US_ASCII));
    w.close(list, 2);
    w.close(extension, 2);
  }

  private static void writeVersions(HandshakeWriter w) {
    int extension = w.openExtension(ExtensionType.SUPPORTED_VERSIONS);
    w.u8(2).u16(ClientHello.TLS_1_3);
    w.close(extension, 2);
  }

  private void writeGroups(HandshakeWriter w) {
    int extension = w.openExtension(ExtensionType.SUPPORTED_GROUPS);
    int list = w.open(2);
    for (NamedGroup group : config.groups()) {
      w.u16(group.code());
    }
    w.close(list, 2);
    w.close(extension, 2);
  }

  private void writeKeyShares(HandshakeWriter w) {
    int extension = w.openExtension(ExtensionType.KEY_SHARE);
    int list = w.open(2);
    // RFC 8446 §4.2.8: in the order of supported_groups.
    for (NamedGroup group : config.groups()) {
      KeyExchange keyExchange = keyExchanges.get(group);
      if (keyExchange != null) {
        w.u16(group.code()).vector16(keyExchange.share());
      }
    }
    w.close(list, 2);
    w.close(extension, 2);
  }

  private void writeApplicationProtocols(HandshakeWriter w) {
    int extension = w.openExtension(ExtensionType.APPLICATION_LAYER_PROTOCOL_NEGOTIATION);
    int list = w.open(2);
    for (String name : config.applicationProtocols()) {
      w.vector8(name.getBytes(StandardCharsets.ISO_8859_1));
    }
    w.close(list, 2);
    w.close(extension, 2);
  }

  private void writeCookie(HandshakeWriter w) {
    if (cookie != null) {
      int extension = w.openExtension(ExtensionType.COOKIE);
      w.vector16(cookie);
      w.close(extension, 2);
    }
  }

  private static void writeOpaque(HandshakeWriter w, ExtensionType type, byte[] value) {
    int extension = w.openExtension(type);
    w.bytes(value);
    w.close(extension, 2);
  }
}
