package dev.memux.tls;

import static dev.memux.tls.AlertDescription.CERTIFICATE_REQUIRED;
import static dev.memux.tls.AlertDescription.DECRYPT_ERROR;
import static dev.memux.tls.AlertDescription.ILLEGAL_PARAMETER;
import static dev.memux.tls.AlertDescription.MISSING_EXTENSION;
import static dev.memux.tls.EncryptionLevel.APPLICATION;
import static dev.memux.tls.EncryptionLevel.EARLY;
import static dev.memux.tls.EncryptionLevel.HANDSHAKE;
import static dev.memux.tls.EncryptionLevel.INITIAL;
import static java.util.Objects.requireNonNull;

import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The server's side of a handshake (RFC 8446 §2, RFC 9001 §4). */
public final class TlsServer extends HandshakeMachine {
  private final TlsServerConfig config;
  private @Nullable QuicTerms terms;
  private final @Nullable EarlyDataTerms earlyDataTerms;
  private final HandshakeCrypto crypto;
  private final SecureRandom random;
  private final boolean quic;

  private ServerState state = ServerState.WAIT_CLIENT_HELLO;
  private byte @Nullable [] transportParameters;
  private @Nullable Retry retry;
  private @Nullable ServerChoice choice;
  private @Nullable TicketIssue tickets;
  private boolean isResumed;
  private EarlyData earlyData = EarlyData.NONE;
  private @Nullable String serverName;
  private List<X509Certificate> peerCertificates = List.of();

  /** What we asked for by a HelloRetryRequest. */
  private record Retry(ClientHello first, CipherSuite suite, NamedGroup group) {}

  /**
   * @param transportParameters encoded (RFC 9000 §18)
   * @param random for keys, for the ServerHello and for signatures
   */
  public TlsServer(TlsServerConfig config, byte[] transportParameters, SecureRandom random) {
    this(
        config,
        QuicTerms.fixed(transportParameters, transportParameters),
        HandshakeCrypto.JDK,
        random,
        true);
  }

  /**
   * @param terms what QUIC says
   * @param crypto does what takes public and private keys
   * @param random for the ServerHello and for tickets, and for {@code crypto}
   */
  public TlsServer(
      TlsServerConfig config, QuicTerms terms, HandshakeCrypto crypto, SecureRandom random) {
    this(config, terms, crypto, random, true);
  }

  /**
   * @param quic false: for clients that speak TLS without QUIC: no transport parameters needed,
   *     middlebox compatibility mode allowed
   */
  TlsServer(
      TlsServerConfig config,
      QuicTerms terms,
      HandshakeCrypto crypto,
      SecureRandom random,
      boolean quic) {
    this.config = config;
    this.earlyDataTerms = EarlyDataTerms.of(config, terms.earlyParameters());
    this.terms = terms;
    this.crypto = crypto;
    this.random = random;
    this.quic = quic;
  }

  @Override
  public void start() {}

  @Override
  EncryptionLevel level() {
    return state.level();
  }

  @Override
  void forgetKeys() {
    terms = null;
    transportParameters = null;
  }

  @Override
  boolean accepts(HandshakeType type) {
    return state.accepts(type);
  }

  @Override
  public boolean mayTakeLong() {
    return state.mayTakeLong();
  }

  @Override
  void onMessage(HandshakeMessage message) throws TlsAlertException {
    switch (message.type()) {
      case CLIENT_HELLO -> onClientHello(message);
      case CERTIFICATE -> onCertificate(message);
      case CERTIFICATE_VERIFY -> onCertificateVerify(message);
      case FINISHED -> onFinished(message);
      case SERVER_HELLO,
          NEW_SESSION_TICKET,
          END_OF_EARLY_DATA,
          ENCRYPTED_EXTENSIONS,
          CERTIFICATE_REQUEST,
          KEY_UPDATE ->
          throw new IllegalStateException(state + " takes no " + message.type());
    }
  }

  private void onClientHello(HandshakeMessage message) throws TlsAlertException {
    ClientHello hello = ClientHello.read(message.body());
    requireQuic(hello);
    ServerChoice choice = ServerChoice.of(config, hello);
    if (retry != null) {
      requireRetried(hello, choice, retry);
    } else {
      onClientParameters(hello.transportParameters());
    }
    byte[] clientShare = hello.keyShare(choice.group());
    if (clientShare == null) {
      requestRetry(hello, choice, message.encoded());
    } else {
      accept(hello, choice, clientShare, message.encoded());
    }
  }

  private void requireQuic(ClientHello hello) throws TlsAlertException {
    if (!quic) {
      return;
    }
    if (hello.transportParameters() == null) {
      throw new TlsAlertException(MISSING_EXTENSION, "no transport parameters"); // RFC 9001 §8.2
    }
    if (hello.sessionId().length != 0) {
      // RFC 9001 §8.4: middlebox compatibility mode has no place in QUIC.
      throw TlsAlertException.protocolViolation(
          ILLEGAL_PARAMETER, "legacy_session_id is not empty");
    }
  }

  /** Before anything is written: they may decide how it will be protected (RFC 9369 §4.1). */
  private void onClientParameters(byte @Nullable [] parameters) {
    if (parameters != null) {
      QuicTerms.Answer answer = requireNonNull(terms).answer(parameters);
      quicVersion = answer.version();
      transportParameters = answer.transportParameters();
      output.event(new TlsEvent.PeerTransportParameters(parameters));
    }
  }

  /** RFC 8446 §4.1.2, §4.1.4, §4.2.8: the same hello, but with the one share we asked for. */
  private static void requireRetried(ClientHello hello, ServerChoice choice, Retry retry)
      throws TlsAlertException {
    if (!hello.mayFollow(retry.first) || choice.suite() != retry.suite) {
      throw new TlsAlertException(ILLEGAL_PARAMETER, "the second ClientHello is another one");
    }
    if (hello.keyShareCount() != 1 || hello.keyShare(retry.group) == null) {
      throw new TlsAlertException(
          ILLEGAL_PARAMETER, "the second ClientHello lacks the share that was asked for");
    }
  }

  /** RFC 8446 §4.1.4: the client supports our group but has not sent its share. */
  private void requestRetry(ClientHello hello, ServerChoice choice, byte[] encoded) {
    if (hello.has(ExtensionType.EARLY_DATA)) {
      refuseEarlyData();
    }
    retry = new Retry(hello, choice.suite(), choice.group());
    transcript.add(encoded);
    transcript.replaceFirstClientHello(choice.suite());
    output.message(
        INITIAL, ServerHello.writeRetryRequest(hello.sessionId(), choice.suite(), choice.group()));
    enter(ServerState.WAIT_SECOND_CLIENT_HELLO);
  }

  private void accept(ClientHello hello, ServerChoice choice, byte[] clientShare, byte[] encoded)
      throws TlsAlertException {
    input.requireEmpty();
    TicketChoice resumed = chooseTicket(hello, choice, encoded);
    Signer signer = resumed == null ? choice.signer(hello) : null;
    KeyExchange.Answer answer = KeyExchange.answer(choice.group(), clientShare, crypto, random);
    transcript.add(encoded);
    if (retry == null) {
      transcript.begin(choice.suite());
    }
    retry = null;
    SecretLog secretLog = new SecretLog(config.keyLog(), hello.random());
    if (hello.has(ExtensionType.EARLY_DATA)) {
      answerEarlyData(hello, choice, resumed, secretLog);
    }
    sendServerHello(hello, choice, answer.share(), resumed);
    KeySchedule keys =
        resumed == null
            ? new KeySchedule(choice.suite())
            : new KeySchedule(choice.suite(), resumed.ticket().preSharedKey());
    schedule = keys;
    keys.onSharedSecret(answer.secret(), transcript.hash());
    secretLog.handshake(keys);
    sendFlight(keys, choice, signer);
    secretLog.application(keys);
    this.choice = choice;
    serverName = hello.serverName();
    if (resumed != null) {
      isResumed = true;
      peerCertificates = resumed.ticket().clientCertificates();
    }
    tickets = TicketIssue.of(config, hello, choice, quicVersion, signer, resumed, earlyDataTerms);
    enter(
        signer != null && config.clientCertificates() != ClientCertificates.NONE
            ? ServerState.WAIT_CERTIFICATE
            : ServerState.WAIT_FINISHED);
  }

  /** Before the ServerHello: the secret depends on the ClientHello alone (RFC 8446 §7.1). */
  private void answerEarlyData(
      ClientHello hello, ServerChoice choice, @Nullable TicketChoice resumed, SecretLog secretLog) {
    if (earlyDataTerms == null
        || resumed == null
        || !earlyDataTerms.accept(hello, choice, resumed)) {
      refuseEarlyData();
      return;
    }
    earlyData = EarlyData.ACCEPTED;
    output.event(new TlsEvent.EarlyDataAnswered(true));
    byte[] secret =
        KeySchedule.earlySecret(choice.suite(), resumed.ticket().preSharedKey(), transcript.hash());
    secretLog.early(secret);
    output.event(new TlsEvent.ReadSecret(EARLY, choice.suite(), secret));
  }

  private void refuseEarlyData() {
    earlyData = EarlyData.REFUSED;
    output.event(new TlsEvent.EarlyDataAnswered(false));
  }

  private void sendServerHello(
      ClientHello hello, ServerChoice choice, byte[] share, @Nullable TicketChoice resumed) {
    byte[] serverRandom = new byte[ClientHello.RANDOM_BYTES];
    random.nextBytes(serverRandom);
    output.message(
        INITIAL,
        ServerHello.write(
            serverRandom,
            hello.sessionId(),
            choice.suite(),
            choice.group(),
            share,
            resumed == null ? null : resumed.index()));
  }

  private @Nullable TicketChoice chooseTicket(
      ClientHello hello, ServerChoice choice, byte[] encoded) throws TlsAlertException {
    TicketChoice found =
        TicketChoice.of(config, hello, choice, requireNonNull(terms).clientVersion());
    if (found == null) {
      return null;
    }
    requireBinder(hello, found, choice.suite(), encoded);
    return found.hasTrustedClient(config, choice.suite()) ? found : null;
  }

  /** RFC 8446 §4.2.11.2: before anything is done with its key. */
  private void requireBinder(
      ClientHello hello, TicketChoice resumed, CipherSuite suite, byte[] encoded)
      throws TlsAlertException {
    PskOffer offer = requireNonNull(hello.preSharedKeys());
    byte[] hash = transcript.hashWith(suite, encoded, encoded.length - offer.bindersBytes());
    byte[] expected = KeySchedule.binder(suite, resumed.ticket().preSharedKey(), hash);
    // In constant time: how far a guess was right must not be measurable.
    if (!MessageDigest.isEqual(offer.binders().get(resumed.index()), expected)) {
      throw new TlsAlertException(DECRYPT_ERROR, "a pre-shared key's binder is wrong");
    }
  }

  /**
   * From EncryptedExtensions to Finished.
   *
   * @param signer null: the session is resumed, so there are no certificates (RFC 8446 §4.3.2)
   */
  private void sendFlight(KeySchedule keys, ServerChoice choice, @Nullable Signer signer)
      throws TlsAlertException {
    CipherSuite suite = choice.suite();
    output.event(new TlsEvent.WriteSecret(HANDSHAKE, suite, keys.serverHandshakeSecret()));
    output.event(new TlsEvent.ReadSecret(HANDSHAKE, suite, keys.clientHandshakeSecret()));
    output.message(
        HANDSHAKE,
        new EncryptedExtensions(
                choice.applicationProtocol(),
                transportParameters,
                choice.isNamed() && signer != null, // RFC 6066 §3
                earlyData == EarlyData.ACCEPTED)
            .write());
    if (signer != null) {
      sendCertificate(signer);
    }
    output.message(HANDSHAKE, Finished.write(keys.serverFinished(transcript.hash())));
    keys.onServerFinished(transcript.hash());
    output.event(new TlsEvent.WriteSecret(APPLICATION, suite, keys.serverApplicationSecret()));
  }

  private void sendCertificate(Signer signer) throws TlsAlertException {
    if (config.clientCertificates() != ClientCertificates.NONE) {
      output.message(HANDSHAKE, CertificateRequest.write());
    }
    output.message(HANDSHAKE, CertificateMessage.write(signer.credentials().chain()));
    output.message(
        HANDSHAKE, CertificateVerify.write(Side.SERVER, signer, transcript.hash(), crypto, random));
  }

  private void onCertificate(HandshakeMessage message) throws TlsAlertException {
    peerCertificates = CertificateMessage.readClients(message.body());
    transcript.add(message.encoded());
    if (!peerCertificates.isEmpty()) {
      enter(ServerState.WAIT_CERTIFICATE_VERIFY);
      return;
    }
    if (config.clientCertificates() == ClientCertificates.REQUIRED) {
      // RFC 8446 §4.4.2.4
      throw new TlsAlertException(CERTIFICATE_REQUIRED, "the client has no certificate");
    }
    enter(ServerState.WAIT_FINISHED);
  }

  private void onCertificateVerify(HandshakeMessage message) throws TlsAlertException {
    CertificateVerify.verify(
        Side.CLIENT, message.body(), peerCertificates.getFirst(), transcript.hash(), crypto);
    // After the signature: who cannot sign must not make us build paths.
    requireNonNull(config.clientTrust())
        .checkClient(peerCertificates, requireNonNull(schedule).suite());
    transcript.add(message.encoded());
    enter(ServerState.WAIT_FINISHED);
  }

  private void onFinished(HandshakeMessage message) throws TlsAlertException {
    KeySchedule keys = requireNonNull(schedule);
    Finished.verify(message.body(), keys.clientFinished(transcript.hash()));
    input.requireEmpty();
    // RFC 9001 §5.7: not before now may a server read 1-RTT packets.
    output.event(
        new TlsEvent.ReadSecret(APPLICATION, keys.suite(), keys.clientApplicationSecret()));
    transcript.add(message.encoded());
    ResumptionSecret resumption = keys.resumptionSecret(transcript.hash());
    forgetSecrets();
    enter(ServerState.CONNECTED);
    output.event(new TlsEvent.HandshakeComplete(session(requireNonNull(choice))));
    if (tickets != null) {
      for (byte[] ticket : tickets.write(resumption, peerCertificates, random)) {
        output.message(APPLICATION, ticket);
      }
    }
    resumption.destroy();
  }

  private TlsSession session(ServerChoice agreed) {
    return new TlsSession(
        agreed.applicationProtocol(),
        agreed.suite(),
        agreed.group(),
        serverName,
        peerCertificates,
        isResumed,
        earlyData);
  }

  private void enter(ServerState next) {
    if (!state.mayBecome(next)) {
      throw new IllegalStateException("from " + state + " to " + next);
    }
    state = next;
  }
}
