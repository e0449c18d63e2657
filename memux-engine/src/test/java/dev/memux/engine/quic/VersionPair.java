package dev.memux.engine.quic;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.ConnectionIdGenerator;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.engine.wire.VersionInformation;
import dev.memux.tls.HandshakeCrypto;
import dev.memux.tls.QuicTerms;
import dev.memux.tls.TlsClient;
import dev.memux.tls.TlsServer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A client and a server without endpoints, either of which may lie about its versions: what it says
 * is the test's affair, all else is as usual.
 */
final class VersionPair {
  private static final long NOW = ConnectedPair.SECOND;

  /** Changes what a side says; null: it says nothing. */
  interface Lie {
    @Nullable VersionInformation tell(VersionInformation truth);
  }

  final QuicConnection client;
  final List<ConnectionEvent> clientEvents = new ArrayList<>();
  final List<ConnectionEvent> serverEvents = new ArrayList<>();
  private final SecureRandom random = new SecureRandom();
  private final QuicConfig serverConfig;
  private final Lie serverLie;
  private final SendBatch batch = new SendBatch();
  private @Nullable QuicConnection server;

  VersionPair(QuicConfig clientConfig, QuicConfig serverConfig, Lie clientLie, Lie serverLie) {
    this.serverConfig = serverConfig;
    this.serverLie = serverLie;
    ConnectionId dcid = ConnectionId.random(random, 8);
    client =
        new QuicConnection(
            false,
            clientConfig,
            PacketProtection.JDK,
            ConnectedPair.SERVER_ADDRESS,
            new LooseIds(random),
            ConnectionStart.ofClient(dcid, new byte[0]),
            dcid,
            clientConfig.versions().begin(),
            (version, parameters) ->
                new TlsClient(
                    ConnectedPair.shortHelloTls(),
                    "localhost",
                    encode(parameters, version.information(version.begun()), clientLie),
                    random),
            new ChunkPool(),
            new LoopBuffers(),
            random,
            NOW);
  }

  private static byte[] encode(TransportParameters parameters, VersionInformation truth, Lie lie) {
    VersionInformation said = lie.tell(truth);
    return (said == null ? withoutVersion(parameters) : parameters.withVersion(said)).encode();
  }

  private static TransportParameters withoutVersion(TransportParameters p) {
    return new TransportParameters(
        p.originalDestinationConnectionId(),
        p.maxIdleTimeoutMillis(),
        p.statelessResetToken(),
        p.maxUdpPayloadBytes(),
        p.initialMaxData(),
        p.initialMaxStreamDataBidiLocal(),
        p.initialMaxStreamDataBidiRemote(),
        p.initialMaxStreamDataUni(),
        p.initialMaxStreamsBidi(),
        p.initialMaxStreamsUni(),
        p.ackDelayExponent(),
        p.maxAckDelayMillis(),
        p.disableActiveMigration(),
        p.preferredAddress(),
        p.activeConnectionIdLimit(),
        p.initialSourceConnectionId(),
        p.retrySourceConnectionId(),
        p.maxDatagramFrameBytes(),
        p.resetStreamAt(),
        p.streamPriority(),
        p.minAckDelayMicros(),
        p.greaseQuicBit(),
        null,
        p.maxRecordBytes());
  }

  /** The server's terms but for what it says of its versions. */
  private final class LyingTerms implements QuicTerms {
    private final ConnectionVersion version;
    private final TransportParameters parameters;
    private final ServerTerms honest;

    LyingTerms(ConnectionVersion version, TransportParameters parameters) {
      this.version = version;
      this.parameters = parameters;
      this.honest = new ServerTerms(version, parameters, random);
    }

    @Override
    public int clientVersion() {
      return honest.clientVersion();
    }

    @Override
    public byte[] earlyParameters() {
      return honest.earlyParameters();
    }

    @Override
    public Answer answer(byte[] clientParameters) {
      int chosen = honest.answer(clientParameters).version();
      VersionInformation truth =
          version.information(Objects.requireNonNull(QuicVersion.of(chosen)));
      return new Answer(chosen, encode(parameters, truth, serverLie));
    }
  }

  private QuicConnection accept(byte[] datagram, PacketHeader header) {
    ConnectionId dcid = ConnectionId.of(datagram, header.dcidFrom(), header.dcidLength());
    return new QuicConnection(
        true,
        serverConfig,
        PacketProtection.JDK,
        ConnectedPair.CLIENT_ADDRESS,
        new LooseIds(random),
        ConnectionStart.withoutToken(dcid, false),
        ConnectionId.of(datagram, header.scidFrom(), header.scidLength()),
        Objects.requireNonNull(header.quicVersion()),
        (version, parameters) ->
            new TlsServer(
                ConnectedPair.serverTls("test"),
                new LyingTerms(version, parameters),
                HandshakeCrypto.JDK,
                random),
        new ChunkPool(),
        new LoopBuffers(),
        random,
        NOW);
  }

  QuicConnection server() {
    return Objects.requireNonNull(server);
  }

  /** Has the client believe that the server speaks only those versions. */
  VersionPair negotiate(int... versions) {
    client.transmit(batch, NOW); // which nobody hears
    byte[] dcid = client.localIds().first().toByteArray();
    byte[] scid = client.start().original().toByteArray();
    byte[] packet = new byte[7 + dcid.length + scid.length + 4 * versions.length];
    packet[0] = (byte) 0xc0;
    packet[5] = (byte) dcid.length;
    System.arraycopy(dcid, 0, packet, 6, dcid.length);
    packet[6 + dcid.length] = (byte) scid.length;
    System.arraycopy(scid, 0, packet, 7 + dcid.length, scid.length);
    int at = 7 + dcid.length + scid.length;
    for (int version : versions) {
      for (int shift = 24; shift >= 0; shift -= 8) {
        packet[at++] = (byte) (version >>> shift);
      }
    }
    client.receive(ConnectedPair.SERVER_ADDRESS, packet, 0, packet.length, 0, NOW);
    return this;
  }

  VersionPair settle() {
    boolean moved = true;
    while (moved) {
      moved = false;
      while (client.transmit(batch, NOW)) {
        moved = true;
        for (byte[] datagram : split()) {
          toServer(datagram);
        }
      }
      while (server != null && server.transmit(batch, NOW)) {
        moved = true;
        for (byte[] datagram : split()) {
          client.receive(ConnectedPair.SERVER_ADDRESS, datagram, 0, datagram.length, 0, NOW);
          work(client);
        }
      }
    }
    drain(client, clientEvents);
    if (server != null) {
      drain(server, serverEvents);
    }
    return this;
  }

  private void toServer(byte[] datagram) {
    PacketHeader header = new PacketHeader();
    header.parse(datagram, 0, datagram.length, ConnectionIdGenerator.CONNECTION_ID_BYTES);
    if (server == null && header.type() == PacketType.INITIAL) {
      server = accept(datagram, header);
    }
    if (server != null) {
      server.receive(ConnectedPair.CLIENT_ADDRESS, datagram, 0, datagram.length, 0, NOW);
      work(server);
    }
  }

  private static void work(QuicConnection connection) {
    for (Runnable work; (work = connection.takeHandshakeWork()) != null; ) {
      work.run();
      connection.onHandshakeWorkDone(NOW);
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

  private static void drain(QuicConnection connection, List<ConnectionEvent> events) {
    for (ConnectionEvent e; (e = connection.pollEvent()) != null; ) {
      events.add(e);
    }
  }

  @Nullable CloseReason clientEnd() {
    return ConnectedPair.closeReason(clientEvents);
  }

  @Nullable CloseReason serverEnd() {
    return ConnectedPair.closeReason(serverEvents);
  }
}
