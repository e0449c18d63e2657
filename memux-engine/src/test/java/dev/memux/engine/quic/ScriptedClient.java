package dev.memux.engine.quic;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.EncryptionLevel;
import dev.memux.tls.TlsAlertException;
import dev.memux.tls.TlsClient;
import dev.memux.tls.TlsEvent;
import dev.memux.tls.TlsHandshake;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A client that says in its handshake what the test wants, in front of a real server's endpoint:
 * its transport parameters and its ClientHello are changed, all else is as usual.
 */
final class ScriptedClient {
  private static final long NOW = ConnectedPair.SECOND;

  final List<ConnectionEvent> clientEvents = new ArrayList<>();
  final List<ConnectionEvent> serverEvents = new ArrayList<>();
  private final SecureRandom random = new SecureRandom();
  private final QuicEndpoint endpoint =
      new QuicEndpoint(
          QuicConfig.DEFAULT,
          ConnectedPair.serverTls("test"),
          0,
          new byte[QuicEndpoint.ROUTING_KEY_BYTES],
          random);
  private final QuicConnection client;
  private final SendBatch batch = new SendBatch();
  private @Nullable QuicConnection server;

  /**
   * @param parameters changes the encoded transport parameters
   * @param hello changes the ClientHello, after which no handshake can succeed
   */
  ScriptedClient(UnaryOperator<byte[]> parameters, UnaryOperator<byte[]> hello) {
    ConnectionId dcid = ConnectionId.random(random, 8);
    client =
        new QuicConnection(
            false,
            QuicConfig.DEFAULT,
            PacketProtection.JDK,
            ConnectedPair.SERVER_ADDRESS,
            new LooseIds(random),
            ConnectionStart.ofClient(dcid, new byte[0]),
            dcid,
            QuicVersion.V1,
            (version, truth) ->
                new ChangedHello(
                    new TlsClient(
                        ConnectedPair.shortHelloTls(),
                        "localhost",
                        parameters.apply(truth.encode()),
                        random),
                    hello),
            new ChunkPool(),
            new LoopBuffers(),
            random,
            NOW);
  }

  /** What TLS writes at first is not what is sent. */
  private record ChangedHello(TlsHandshake tls, UnaryOperator<byte[]> change)
      implements TlsHandshake {
    @Override
    public void start() {
      tls.start();
    }

    @Override
    public void receive(EncryptionLevel level, byte[] buffer, int offset, int length)
        throws TlsAlertException {
      tls.receive(level, buffer, offset, length);
    }

    @Override
    public boolean mayTakeLong() {
      return tls.mayTakeLong();
    }

    @Override
    public void onQuicVersion(int version) {
      tls.onQuicVersion(version);
    }

    @Override
    public @Nullable TlsEvent pollEvent() {
      TlsEvent event = tls.pollEvent();
      return event instanceof TlsEvent.HandshakeBytes out && out.level() == EncryptionLevel.INITIAL
          ? new TlsEvent.HandshakeBytes(out.level(), change.apply(out.bytes()))
          : event;
    }
  }

  ScriptedClient settle() {
    for (boolean moved = true; moved; ) {
      moved = false;
      while (client.transmit(batch, NOW)) {
        moved = true;
        for (byte[] datagram : split()) {
          QuicConnection found =
              endpoint.receive(ConnectedPair.CLIENT_ADDRESS, datagram, 0, datagram.length, NOW);
          server = found == null ? server : found;
        }
      }
      while (server != null && server.transmit(batch, NOW)) {
        moved = true;
        for (byte[] datagram : split()) {
          client.receive(ConnectedPair.SERVER_ADDRESS, datagram, 0, datagram.length, 0, NOW);
          for (Runnable work; (work = client.takeHandshakeWork()) != null; ) {
            work.run();
            client.onHandshakeWorkDone(NOW);
          }
        }
      }
    }
    drain(client, clientEvents);
    if (server != null) {
      drain(server, serverEvents);
    }
    return this;
  }

  private static void drain(QuicConnection connection, List<ConnectionEvent> events) {
    for (ConnectionEvent e; (e = connection.pollEvent()) != null; ) {
      events.add(e);
    }
  }

  private List<byte[]> split() {
    List<byte[]> datagrams = new ArrayList<>();
    for (int at = 0; at < batch.length(); at += batch.segmentBytes()) {
      int end = Math.min(at + batch.segmentBytes(), batch.length());
      datagrams.add(Arrays.copyOfRange(batch.buffer(), at, end));
    }
    return datagrams;
  }
}
