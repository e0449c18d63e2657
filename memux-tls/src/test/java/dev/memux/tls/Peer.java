package dev.memux.tls;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** One end of a handshake in memory: keeps what its events said. */
final class Peer {
  final TlsHandshake handshake;
  final Deque<TlsEvent.HandshakeBytes> outgoing = new ArrayDeque<>();
  final List<TlsEvent> events = new ArrayList<>();
  final Map<EncryptionLevel, TlsEvent.ReadSecret> readSecrets =
      new EnumMap<>(EncryptionLevel.class);
  final Map<EncryptionLevel, TlsEvent.WriteSecret> writeSecrets =
      new EnumMap<>(EncryptionLevel.class);
  byte[] transportParameters;
  TlsSession session;

  Peer(TlsHandshake handshake) {
    this.handshake = handshake;
    handshake.start();
    poll();
  }

  static Peer client(TlsClientConfig config) {
    return new Peer(
        new TlsClient(config, Configs.SERVER_NAME, new byte[] {1, 2, 3}, new SeededRandom(1)));
  }

  static Peer server(TlsServerConfig config) {
    return new Peer(new TlsServer(config, new byte[] {4, 5, 6, 7}, new SeededRandom(2)));
  }

  /** Delivers until both have nothing to say. */
  static void connect(Peer a, Peer b) throws TlsAlertException {
    boolean any;
    do {
      any = a.deliverTo(b);
      any |= b.deliverTo(a);
    } while (any);
  }

  boolean deliverTo(Peer other) throws TlsAlertException {
    boolean any = false;
    for (TlsEvent.HandshakeBytes sent; (sent = outgoing.poll()) != null; any = true) {
      other.receive(sent.level(), sent.bytes());
    }
    return any;
  }

  void receive(EncryptionLevel level, byte[] bytes) throws TlsAlertException {
    handshake.receive(level, bytes, 0, bytes.length);
    poll();
  }

  /** The next bytes to send, which must be at {@code level}. */
  byte[] take(EncryptionLevel level) {
    TlsEvent.HandshakeBytes sent = Objects.requireNonNull(outgoing.poll(), "nothing to send");
    if (sent.level() != level) {
      throw new AssertionError(sent + " instead of bytes at " + level);
    }
    return sent.bytes();
  }

  private void poll() {
    for (TlsEvent event; (event = handshake.pollEvent()) != null; ) {
      events.add(event);
      switch (event) {
        case TlsEvent.HandshakeBytes bytes -> outgoing.add(bytes);
        case TlsEvent.ReadSecret secret -> readSecrets.put(secret.level(), secret);
        case TlsEvent.WriteSecret secret -> writeSecrets.put(secret.level(), secret);
        case TlsEvent.PeerTransportParameters parameters ->
            transportParameters = parameters.encoded();
        case TlsEvent.EarlyDataOffered offered -> {}
        case TlsEvent.EarlyDataAnswered answered -> {}
        case TlsEvent.HandshakeComplete complete -> session = complete.session();
      }
    }
  }
}
