package dev.memux.tls;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Carries a handshake in TLS records over TCP (RFC 8446 §5), so that it can talk to peers without
 * QUIC.
 */
final class RecordConnection implements AutoCloseable {
  private static final int CHANGE_CIPHER_SPEC = 20;
  private static final int ALERT = 21;
  private static final int HANDSHAKE = 22;
  private static final int APPLICATION_DATA = 23;
  private static final byte[] NONE = {};

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final TlsHandshake handshake;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private EncryptionLevel readLevel = EncryptionLevel.INITIAL;
  private Protection reading;
  private Protection writing;
  TlsSession session;
  int ticketsOrOtherMessages;

  RecordConnection(Socket socket, TlsHandshake handshake) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(20_000);
    this.in = new DataInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
    this.handshake = handshake;
  }

  void shakeHands() throws Exception {
    handshake.start();
    act();
    while (session == null) {
      readRecord();
    }
  }

  void write(byte[] data) throws Exception {
    writeRecord(APPLICATION_DATA, data);
  }

  /** Reads until {@code count} bytes of application data are there. */
  byte[] read(int count) throws Exception {
    while (received.size() < count) {
      readRecord();
    }
    return received.toByteArray();
  }

  /** Reads until the peer ends the connection; an alert other than close_notify is thrown. */
  void readToEnd() throws Exception {
    try {
      while (true) {
        readRecord();
      }
    } catch (java.io.EOFException e) {
      // what was waited for
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private void act() throws Exception {
    for (TlsEvent event; (event = handshake.pollEvent()) != null; ) {
      switch (event) {
        case TlsEvent.HandshakeBytes bytes -> writeRecord(HANDSHAKE, bytes.bytes());
        case TlsEvent.ReadSecret secret -> {
          reading = new Protection(secret.suite(), secret.secret());
          readLevel = secret.level();
        }
        case TlsEvent.WriteSecret secret ->
            writing = new Protection(secret.suite(), secret.secret());
        case TlsEvent.PeerTransportParameters parameters -> {}
        case TlsEvent.EarlyDataOffered offered -> {}
        case TlsEvent.EarlyDataAnswered answered -> {}
        case TlsEvent.HandshakeComplete complete -> session = complete.session();
      }
    }
  }

  private void readRecord() throws Exception {
    byte[] header = new byte[5];
    in.readFully(header);
    byte[] payload = new byte[(header[3] & 0xff) << 8 | (header[4] & 0xff)];
    in.readFully(payload);
    int type = header[0];
    if (type == CHANGE_CIPHER_SPEC) {
      return; // RFC 8446 §D.4
    }
    if (type == APPLICATION_DATA) {
      byte[] inner = reading.open(header, payload);
      int end = inner.length;
      while (inner[end - 1] == 0) {
        end--;
      }
      type = inner[end - 1];
      payload = Arrays.copyOf(inner, end - 1);
    }
    switch (type) {
      case HANDSHAKE -> {
        ticketsOrOtherMessages += session == null ? 0 : 1;
        handshake.receive(readLevel, payload, 0, payload.length);
        act();
      }
      case APPLICATION_DATA -> received.writeBytes(payload);
      case ALERT -> {
        if (payload[1] != 0) {
          throw new IOException("alert " + payload[1]);
        }
      }
      default -> throw new IOException("record of type " + type);
    }
  }

  private void writeRecord(int type, byte[] content) throws Exception {
    if (writing == null) {
      out.write(Messages.join(new byte[] {(byte) type, 3, 3}, Messages.vector16(content)));
      return;
    }
    byte[] inner = Messages.join(content, new byte[] {(byte) type});
    byte[] header =
        Messages.join(
            new byte[] {APPLICATION_DATA, 3, 3}, Messages.u16(inner.length + Protection.TAG_BYTES));
    out.write(Messages.join(header, writing.seal(header, inner)));
  }

  /** RFC 8446 §5.2, §5.3. */
  private static final class Protection {
    static final int TAG_BYTES = 16;
    private final CipherSuite suite;
    private final byte[] key;
    private final byte[] iv;
    private long sequence;

    Protection(CipherSuite suite, byte[] secret) {
      this.suite = suite;
      key = Hkdf.expandLabel(suite, secret, "key", NONE, suite.keyBytes());
      iv = Hkdf.expandLabel(suite, secret, "iv", NONE, 12);
    }

    byte[] seal(byte[] header, byte[] plaintext) throws GeneralSecurityException {
      return run(Cipher.ENCRYPT_MODE, header, plaintext);
    }

    byte[] open(byte[] header, byte[] ciphertext) throws GeneralSecurityException {
      return run(Cipher.DECRYPT_MODE, header, ciphertext);
    }

    private byte[] run(int mode, byte[] header, byte[] input) throws GeneralSecurityException {
      byte[] nonce = iv.clone();
      for (int i = 0; i < 8; i++) {
        nonce[11 - i] ^= (byte) (sequence >> (8 * i));
      }
      sequence++;
      Cipher cipher;
      if (suite == CipherSuite.TLS_CHACHA20_POLY1305_SHA256) {
        cipher = Cipher.getInstance("ChaCha20-Poly1305");
        cipher.init(mode, new SecretKeySpec(key, "ChaCha20"), new IvParameterSpec(nonce));
      } else {
        cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(
            mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(8 * TAG_BYTES, nonce));
      }
      cipher.updateAAD(header);
      return cipher.doFinal(input);
    }
  }
}
