package dev.memux.tls;

import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;
import static dev.memux.tls.AlertDescription.MISSING_EXTENSION;
import static dev.memux.tls.AlertDescription.NO_APPLICATION_PROTOCOL;
import static dev.memux.tls.AlertDescription.UNEXPECTED_MESSAGE;
import static dev.memux.tls.EncryptionLevel.APPLICATION;
import static dev.memux.tls.EncryptionLevel.EARLY;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static java.util.Objects.requireNonNull;

import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The client's side of a handshake (RFC 8446 §2, RFC 9001 §4). */
public final class TlsClient extends HandshakeMachine {
  private static final byte[] NO_SESSION_ID = {}; // RFC 9001 §8.4

  private final ServerName serverName;
  private final CertificateTrust trust;
  private final List<TlsCredentials> credentials;
  private final @Nullable TicketStore tickets;
  private final HandshakeCrypto crypto;
  private final SecureRandom random;
  private final boolean needsTransportParameters;
  private final ClientOffer offer;
  private final SecretLog secretLog;

  private ClientState state = ClientState.START;
  private @Nullable CipherSuite retrySuite;
  private @Nullable NamedGroup group;
  private @Nullable String applicationProtocol;
  private List<X509Certificate> peerCertificates = List.of();
  private @Nullable ResumableSession resumed;
  private @Nullable SignatureOffer certificateRequest;
  private EarlyData earlyData = EarlyData.NONE;
  private byte[] peerParameters = {};

  /**
   * @param serverName host name or IP address that the server's certificate must have
   * @param transportParameters encoded (RFC 9000 §18)
   * @param random for keys, for the ClientHello and for signatures
   * @throws IllegalArgumentException if {@code serverName} is neither a host name nor an address
   */
  public TlsClient(
      TlsClientConfig config, String serverName, byte[] transportParameters, SecureRandom random) {
    this(config, serverName, transportParameters, HandshakeCrypto.JDK, random);
  }

  /**
   * Takes a session to resume out of the cache of {@code config}, for a client that begins with the
   * session's {@linkplain ResumableSession#quicVersion version of QUIC}.
   *
   * @return null: there is none
   * @throws IllegalArgumentException if {@code serverName} is neither a host name nor an address
   */
  public static @Nullable ResumableSession takeSession(TlsClientConfig config, String serverName) {
    TicketStore tickets = TicketStore.of(config, ServerName.parse(serverName));
    return tickets == null ? null : tickets.take();
  }

  /**
   * @param serverName host name or IP address that the server's certificate must have
   * @param transportParameters encoded (RFC 9000 §18)
   * @param crypto does what takes public and private keys
   * @param random for the ClientHello, and for {@code crypto}
   * @throws IllegalArgumentException if {@code serverName} is neither a host name nor an address
   */
  public TlsClient(
      TlsClientConfig config,
      String serverName,
      byte[] transportParameters,
      HandshakeCrypto crypto,
      SecureRandom random) {
    this(config, serverName, transportParameters, crypto, random, true);
  }

  /**
   * @param serverName host name or IP address that the server's certificate must have
   * @param transportParameters encoded (RFC 9000 §18)
   * @param session of {@link #takeSession}, of {@code quicVersion}; null: nothing is resumed
   * @param quicVersion that the connection begins in
   * @param crypto does what takes public and private keys
   * @param random for the ClientHello, and for {@code crypto}
   * @throws IllegalArgumentException if {@code serverName} is neither a host name nor an address
   */
  public TlsClient(
      TlsClientConfig config,
      String serverName,
      byte[] transportParameters,
      @Nullable ResumableSession session,
      int quicVersion,
      HandshakeCrypto crypto,
      SecureRandom random) {
    this(config, serverName, transportParameters, session, quicVersion, crypto, random, true);
  }

  /**
   * @param needsTransportParameters false: for servers that speak TLS without QUIC
   */
  TlsClient(
      TlsClientConfig config,
      String serverName,
      byte[] transportParameters,
      HandshakeCrypto crypto,
      SecureRandom random,
      boolean needsTransportParameters) {
    this(
        config,
        serverName,
        transportParameters,
        takeSession(config, serverName),
        QUIC_V1,
        crypto,
        random,
        needsTransportParameters);
  }

  private TlsClient(
      TlsClientConfig config,
      String serverName,
      byte[] transportParameters,
      @Nullable ResumableSession session,
      int quicVersion,
      HandshakeCrypto crypto,
      SecureRandom random,
      boolean needsTransportParameters) {
    this.serverName = ServerName.parse(serverName);
    this.trust = config.trust();
    this.credentials = config.credentials();
    this.tickets = TicketStore.of(config, this.serverName);
    onQuicVersion(quicVersion);
    this.crypto = crypto;
    this.random = random;
    this.needsTransportParameters = needsTransportParameters;
    this.offer =
        new ClientOffer(config, this.serverName, transportParameters, session, crypto, random);
    this.secretLog = new SecretLog(config.keyLog(), offer.clientRandom());
  }

  @Override
  public void start() {
    enter(ClientState.WAIT_SERVER_HELLO);
    output.message(INITIAL, offer.write(transcript));
    ResumableSession session = offer.earlyDataSession();
    if (session != null) {
      beginEarlyData(session);
    }
  }

  /** RFC 8446 §2.3: what follows at once is protected by the session's key alone. */
  private void beginEarlyData(ResumableSession session) {
    CipherSuite suite = session.suite();
    byte[] secret =
        KeySchedule.earlySecret(suite, session.preSharedKey(), transcript.hashWith(suite));
    secretLog.early(secret);
    output.event(
        new TlsEvent.EarlyDataOffered(
            session.applicationProtocol(), session.transportParameters()));
    output.event(new TlsEvent.WriteSecret(EARLY, suite, secret));
  }

  @Override
  EncryptionLevel level() {
    if (state == ClientState.START) {
      throw new IllegalStateException("not started");
    }
    return state.level();
  }

  @Override
  boolean accepts(HandshakeType type) {
    return state.accepts(type);
  }

  @Override
  void requirePlace(HandshakeType type) throws TlsAlertException {
    if (type == HandshakeType.CERTIFICATE_REQUEST && state == ClientState.CONNECTED) {
      // RFC 9001 §4.4: with streams side by side nobody could tell what made the server ask.
      throw TlsAlertException.protocolViolation(
          AlertDescription.UNEXPECTED_MESSAGE, "CertificateRequest after the handshake");
    }
    super.requirePlace(type);
  }

  @Override
  void forgetKeys() {
    offer.forgetKeys();
  }

  @Override
  public boolean mayTakeLong() {
    return state.mayTakeLong();
  }

  @Override
  void onMessage(HandshakeMessage message) throws TlsAlertException {
    switch (message.type()) {
      case SERVER_HELLO -> onServerHello(message);
      case ENCRYPTED_EXTENSIONS -> onEncryptedExtensions(message);
      case CERTIFICATE_REQUEST -> onCertificateRequest(message);
      case CERTIFICATE -> onCertificate(message);
      case CERTIFICATE_VERIFY -> onCertificateVerify(message);
      case FINISHED -> onFinished(message);
      case NEW_SESSION_TICKET -> onTicket(message);
      case CLIENT_HELLO, END_OF_EARLY_DATA, KEY_UPDATE ->
          throw new IllegalStateException(state + " takes no " + message.type());
    }
  }

  private void onServerHello(HandshakeMessage message) throws TlsAlertException {
    ServerHello hello = ServerHello.read(message.body(), NO_SESSION_ID, offer.extensions());
    if (!offer.has(hello.suite())) {
      throw new TlsAlertException(ILLEGAL_PARAMETER, hello.suite() + " was not offered");
    }
    if (hello.isRetryRequest()) {
      onRetryRequest(hello, message.encoded());
      return;
    }
    if (retrySuite != null && retrySuite != hello.suite()) {
      // RFC 8446 §4.1.4: or the transcript's hash would change in its course.
      throw new TlsAlertException(
          ILLEGAL_PARAMETER, "another cipher suite than in the HelloRetryRequest");
    }
    NamedGroup chosen = NamedGroup.of(requireNonNull(hello.group()));
    KeyExchange keyExchange = offer.keyExchange(chosen);
    if (keyExchange == null) {
      throw new TlsAlertException(
          ILLEGAL_PARAMETER, "key share for group " + hello.group() + ", which we sent none for");
    }
    group = chosen;
    resumed = offer.resumed(hello);
    byte[] sharedSecret = keyExchange.agree(requireNonNull(hello.keyShare()));
    offer.forgetKeys();
    if (retrySuite == null) {
      transcript.begin(hello.suite());
    }
    transcript.add(message.encoded());
    deriveHandshakeKeys(hello.suite(), sharedSecret);
  }

  /** RFC 8446 §4.1.4. */
  private void onRetryRequest(ServerHello retry, byte[] encoded) throws TlsAlertException {
    if (state == ClientState.WAIT_SECOND_SERVER_HELLO) {
      throw new TlsAlertException(UNEXPECTED_MESSAGE, "a second HelloRetryRequest");
    }
    if (offer.earlyDataSession() != null) {
      onEarlyDataAnswered(false); // RFC 8446 §4.1.4
    }
    offer.onRetryRequest(retry);
    retrySuite = retry.suite();
    transcript.replaceFirstClientHello(retry.suite());
    transcript.add(encoded);
    enter(ClientState.WAIT_SECOND_SERVER_HELLO);
    output.message(INITIAL, offer.write(transcript));
  }

  private void deriveHandshakeKeys(CipherSuite suite, byte[] sharedSecret)
      throws TlsAlertException {
    input.requireEmpty();
    KeySchedule keys =
        resumed == null ? new KeySchedule(suite) : new KeySchedule(suite, resumed.preSharedKey());
    keys.onSharedSecret(sharedSecret, transcript.hash());
    schedule = keys;
    secretLog.handshake(keys);
    enter(ClientState.WAIT_ENCRYPTED_EXTENSIONS);
    output.event(new TlsEvent.ReadSecret(HANDSHAKE, suite, keys.serverHandshakeSecret()));
    output.event(new TlsEvent.WriteSecret(HANDSHAKE, suite, keys.clientHandshakeSecret()));
  }

  private void onEncryptedExtensions(HandshakeMessage message) throws TlsAlertException {
    EncryptedExtensions answers = EncryptedExtensions.read(message.body(), offer.extensions());
    String protocol = answers.applicationProtocol();
    if (protocol == null) {
      // RFC 9001 §8.1: without ALPN nobody knows what the streams mean.
      throw new TlsAlertException(NO_APPLICATION_PROTOCOL, "server chose no application protocol");
    }
    if (!offer.has(protocol)) {
      throw new TlsAlertException(ILLEGAL_PARAMETER, "application protocol was not offered");
    }
    byte[] parameters = answers.transportParameters();
    if (parameters == null && needsTransportParameters) {
      throw new TlsAlertException(MISSING_EXTENSION, "no transport parameters"); // RFC 9001 §8.2
    }
    ResumableSession earlySession = offer.earlyDataSession();
    if (earlySession != null) {
      requireSameSession(earlySession, answers.acceptsEarlyData());
      onEarlyDataAnswered(answers.acceptsEarlyData());
    }
    applicationProtocol = protocol;
    transcript.add(message.encoded());
    if (resumed == null) {
      enter(ClientState.WAIT_CERTIFICATE_OR_REQUEST);
    } else {
      // RFC 8446 §2.2: whoever has the key is who had the certificate.
      peerCertificates = resumed.peerCertificates();
      enter(ClientState.WAIT_FINISHED);
    }
    if (parameters != null) {
      peerParameters = parameters;
      output.event(new TlsEvent.PeerTransportParameters(parameters.clone()));
    }
  }

  /**
   * RFC 8446 §4.2.10: whoever takes early data must have resumed its session with its suite, or
   * cannot have read it. The application protocol is the session's, as no other is offered then.
   */
  private void requireSameSession(ResumableSession session, boolean accepts)
      throws TlsAlertException {
    if (accepts && (resumed == null || keys().suite() != session.suite())) {
      throw new TlsAlertException(
          ILLEGAL_PARAMETER, "early data is accepted with another session or suite");
    }
  }

  private void onEarlyDataAnswered(boolean accepted) {
    earlyData = accepted ? EarlyData.ACCEPTED : EarlyData.REFUSED;
    output.event(new TlsEvent.EarlyDataAnswered(accepted));
  }

  private void onCertificateRequest(HandshakeMessage message) throws TlsAlertException {
    certificateRequest = CertificateRequest.read(message.body());
    transcript.add(message.encoded());
    enter(ClientState.WAIT_CERTIFICATE);
  }

  private void onCertificate(HandshakeMessage message) throws TlsAlertException {
    peerCertificates = CertificateMessage.readServers(message.body());
    transcript.add(message.encoded());
    enter(ClientState.WAIT_CERTIFICATE_VERIFY);
  }

  private void onCertificateVerify(HandshakeMessage message) throws TlsAlertException {
    CertificateVerify.verify(
        Side.SERVER, message.body(), peerCertificates.getFirst(), transcript.hash(), crypto);
    // After the signature: who cannot sign must not make us build paths.
    trust.checkServer(peerCertificates, serverName, keys().suite());
    transcript.add(message.encoded());
    enter(ClientState.WAIT_FINISHED);
  }

  private void onFinished(HandshakeMessage message) throws TlsAlertException {
    KeySchedule keys = keys();
    Finished.verify(message.body(), keys.serverFinished(transcript.hash()));
    input.requireEmpty();
    transcript.add(message.encoded());
    keys.onServerFinished(transcript.hash());
    secretLog.application(keys);
    if (certificateRequest != null) {
      presentCertificate(certificateRequest);
    }
    output.message(HANDSHAKE, Finished.write(keys.clientFinished(transcript.hash())));
    CipherSuite suite = keys.suite();
    output.event(new TlsEvent.WriteSecret(APPLICATION, suite, keys.clientApplicationSecret()));
    output.event(new TlsEvent.ReadSecret(APPLICATION, suite, keys.serverApplicationSecret()));
    TlsSession session =
        new TlsSession(
            requireNonNull(applicationProtocol),
            suite,
            requireNonNull(group),
            serverName.name(),
            peerCertificates,
            resumed != null,
            earlyData);
    if (tickets != null) {
      tickets.onConnected(
          session, keys.resumptionSecret(transcript.hash()), quicVersion, peerParameters);
    }
    forgetSecrets();
    enter(ClientState.CONNECTED);
    output.event(new TlsEvent.HandshakeComplete(session));
  }

  private void onTicket(HandshakeMessage message) throws TlsAlertException {
    NewSessionTicket ticket = NewSessionTicket.read(message.body());
    if (tickets != null) {
      tickets.add(ticket);
    }
  }

  /** RFC 8446 §4.4.2: an empty Certificate if there is none that the server could verify. */
  private void presentCertificate(SignatureOffer request) throws TlsAlertException {
    Signer signer = Signer.choose(credentials, request);
    if (signer == null) {
      output.message(HANDSHAKE, CertificateMessage.write(List.of()));
      return;
    }
    output.message(HANDSHAKE, CertificateMessage.write(signer.credentials().chain()));
    output.message(
        HANDSHAKE, CertificateVerify.write(Side.CLIENT, signer, transcript.hash(), crypto, random));
  }

  private KeySchedule keys() {
    return requireNonNull(schedule);
  }

  private void enter(ClientState next) {
    if (!state.mayBecome(next)) {
      throw new IllegalStateException("from " + state + " to " + next);
    }
    state = next;
  }
}
