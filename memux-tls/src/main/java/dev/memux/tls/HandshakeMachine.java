package dev.memux.tls;

import static dev.memux.tls.AlertDescription.UNEXPECTED_MESSAGE;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What both sides do alike: bytes become messages, and the first failure is the last. */
abstract class HandshakeMachine implements TlsHandshake {
  final Transcript transcript = new Transcript();
  final MessageInput input = new MessageInput();
  final HandshakeOutput output = new HandshakeOutput(transcript);
  @Nullable KeySchedule schedule;

  /** Of QUIC: what tickets are for. */
  int quicVersion = QUIC_V1;

  private @Nullable TlsAlertException failure;

  /**
   * At which level bytes are taken now.
   *
   * @throws IllegalStateException if none are, as the handshake has not begun
   */
  abstract EncryptionLevel level();

  /** Whether a message has its place now. */
  abstract boolean accepts(HandshakeType type);

  /** A message that has its place. */
  abstract void onMessage(HandshakeMessage message) throws TlsAlertException;

  @Override
  public final void receive(EncryptionLevel level, byte[] buffer, int offset, int length)
      throws TlsAlertException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (failure != null) {
      throw failure;
    }
    EncryptionLevel expected = level();
    if (length == 0) {
      return;
    }
    try {
      if (level != expected) {
        // RFC 9001 §4.1.3: keys that have been replaced protect nothing that is new.
        throw TlsAlertException.protocolViolation(
            UNEXPECTED_MESSAGE, "handshake bytes at " + level + " instead of " + expected);
      }
      input.offer(buffer, offset, length);
      for (HandshakeMessage m = next(); m != null; m = next()) {
        onMessage(m);
      }
    } catch (TlsAlertException e) {
      fail(e);
      throw e;
    }
  }

  @Override
  public final void onQuicVersion(int version) {
    quicVersion = version;
  }

  @Override
  public final @Nullable TlsEvent pollEvent() {
    return output.poll();
  }

  /** Refuses a message that has no place now. */
  void requirePlace(HandshakeType type) throws TlsAlertException {
    if (!accepts(type)) {
      throw new TlsAlertException(
          UNEXPECTED_MESSAGE, "handshake message " + type + " has no place here");
    }
  }

  private @Nullable HandshakeMessage next() throws TlsAlertException {
    return input.next(this::requirePlace);
  }

  /** The handshake has ended: nothing that was made for it is needed any more. */
  void forgetKeys() {}

  /** Lets go of what only the handshake needs, for its connection may live long. */
  final void forgetSecrets() {
    forgetKeys();
    if (schedule != null) {
      schedule.destroy();
      schedule = null;
    }
    transcript.end();
  }

  private void fail(TlsAlertException alert) {
    failure = alert;
    output.clear();
    forgetSecrets();
  }
}
