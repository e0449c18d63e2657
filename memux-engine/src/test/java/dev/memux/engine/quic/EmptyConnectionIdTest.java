package dev.memux.engine.quic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketProtection;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.stream.ChunkPool;
import dev.memux.engine.wire.AckFrame;
import dev.memux.engine.wire.ControlFrame;
import dev.memux.engine.wire.FrameReader;
import dev.memux.engine.wire.FrameSink;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.ProtocolException;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.engine.wire.TransportError;
import dev.memux.tls.TlsClient;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A client with an empty connection ID, as browsers have (RFC 9000 §5.1), against our server. Ours
 * has none, so its short headers are read here.
 */
class EmptyConnectionIdTest {
  private final SecureRandom random = new SecureRandom();
  private final QuicEndpoint endpoint =
      new QuicEndpoint(
          QuicConfig.DEFAULT, ConnectedPair.serverTls("test"), 0, new byte[16], random);
  private final QuicConnection client = client(ConnectionId.random(random, 8));
  private final SendBatch batch = new SendBatch();
  private final List<ConnectionEvent> events = new ArrayList<>();
  private final List<ControlFrame> received = new ArrayList<>();
  private final PacketHeader header = new PacketHeader();
  private final long now = ConnectedPair.SECOND;
  private @Nullable QuicConnection server;

  private QuicConnection client(ConnectionId dcid) {
    return new QuicConnection(
        false,
        QuicConfig.DEFAULT,
        PacketProtection.JDK,
        ConnectedPair.SERVER_ADDRESS,
        new EmptyIds(),
        ConnectionStart.ofClient(dcid, new byte[0]),
        dcid,
        QuicVersion.V1,
        (version, parameters) ->
            new TlsClient(
                ConnectedPair.clientTls("test"), "localhost", parameters.encode(), random),
        new ChunkPool(),
        new LoopBuffers(),
        random,
        now);
  }

  private static final class EmptyIds implements ConnectionIdRegistry {
    @Override
    public ConnectionId issue(QuicConnection owner) {
      return ConnectionId.EMPTY;
    }

    @Override
    public void retire(ConnectionId id) {}

    @Override
    public byte[] resetToken(ConnectionId id) {
      return new byte[16];
    }

    @Override
    public void expectReset(InetSocketAddress remote, byte[] token, QuicConnection owner) {}

    @Override
    public void ignoreReset(InetSocketAddress remote, byte[] token) {}

    @Override
    public byte[] addressToken(QuicVersion version, InetSocketAddress client, long nowNanos) {
      throw new IllegalStateException("a client gives no tokens");
    }
  }

  @Test
  void handshakeAndStreamsWork() throws ProtocolException {
    shakeHands();
    assertTrue(events.contains(new ConnectionEvent.HandshakeConfirmed()));
    readAtClient();
    assertTrue(received.contains(new ControlFrame.HandshakeDone()));
    assertEquals(
        PeerConnectionIds.ACTIVE_LIMIT - 1,
        received.stream().filter(f -> f instanceof ControlFrame.NewConnectionId).count());
    send(
        writer -> {
          assertEquals(1, writer.stream(0, 0, 1, true));
          writer.advance(1);
        });
    MuxStream stream = server().mux().pollStream();
    assertNotNull(stream);
    assertEquals(1, stream.read(ByteBuffer.allocate(2)));
  }

  @Test
  void nothingReplacesTheEmptyId() throws ProtocolException {
    // RFC 9000 §19.15
    shakeHands();
    send(w -> w.newConnectionId(1, 0, new byte[] {1, 2, 3, 4}, new byte[16]));
    CloseReason reason = ConnectedPair.closeReason(events);
    assertNotNull(reason);
    assertEquals(TransportError.PROTOCOL_VIOLATION, reason.code(), reason.toString());
    readAtClient();
    assertTrue(received.stream().anyMatch(f -> f instanceof ControlFrame.ConnectionClose));
  }

  @Test
  void theServersIdsCanBeRetired() throws ProtocolException {
    shakeHands();
    readAtClient();
    ConnectionId first = server().localIds().first();
    int before = endpoint.connectionIdCount();
    // To another ID, as the one in use cannot be retired.
    send(w -> w.retireConnectionId(1));
    assertTrue(server().isOpen());
    assertEquals(before, endpoint.connectionIdCount());
    assertEquals(first, server().localIds().first());
  }

  private QuicConnection server() {
    assertNotNull(server);
    return server;
  }

  /** Up to where the server sends short headers. */
  private void shakeHands() {
    for (int i = 0; i < 5; i++) {
      while (client.transmit(batch, now)) {
        for (int at = 0; at < batch.length(); at += batch.segmentBytes()) {
          int length = Math.min(batch.segmentBytes(), batch.length() - at);
          server = endpoint.receive(ConnectedPair.CLIENT_ADDRESS, batch.buffer(), at, length, now);
        }
      }
      assertNotNull(server);
      if (server.isHandshakeComplete()) {
        break;
      }
      while (server.transmit(batch, now)) {
        for (int at = 0; at < batch.length(); at += batch.segmentBytes()) {
          int length = Math.min(batch.segmentBytes(), batch.length() - at);
          client.receive(ConnectedPair.SERVER_ADDRESS, batch.buffer(), at, length, 0, now);
          for (Runnable work; (work = client.takeHandshakeWork()) != null; ) {
            work.run();
            client.onHandshakeWorkDone(now);
          }
        }
      }
    }
    drainEvents();
  }

  private void drainEvents() {
    for (ConnectionEvent e = server().pollEvent(); e != null; e = server().pollEvent()) {
      events.add(e);
    }
  }

  private void send(Consumer<FrameWriter> frames) {
    byte[] datagram = ConnectedPair.forge(client, PacketType.ONE_RTT, frames);
    assertEquals(
        server, endpoint.receive(ConnectedPair.CLIENT_ADDRESS, datagram, 0, datagram.length, now));
    drainEvents();
  }

  private void readAtClient() throws ProtocolException {
    PacketOpener opener = client.space(PacketType.ONE_RTT).opener;
    assertNotNull(opener);
    int packets = 0;
    while (server().transmit(batch, now)) {
      byte[] datagram = Arrays.copyOf(batch.buffer(), batch.length());
      assertTrue(header.parse(datagram, 0, datagram.length, 0));
      assertFalse(header.isLong());
      byte[] plaintext = new byte[datagram.length];
      int length =
          opener.open(datagram, 0, header.packetNumberOffset(), datagram.length, -1, plaintext, 0);
      assertTrue(length > 0);
      new FrameReader()
          .read(plaintext, 0, length, client.space(PacketType.ONE_RTT).level, new Recorder());
      packets++;
    }
    assertTrue(packets > 0);
  }

  private final class Recorder implements FrameSink {
    @Override
    public void onStream(long id, long offset, byte[] data, int from, int length, boolean fin) {}

    @Override
    public void onDatagram(byte[] data, int from, int length, int frameBytes) {}

    @Override
    public void onCrypto(long offset, byte[] data, int from, int length) {}

    @Override
    public void onAck(AckFrame ack) {}

    @Override
    public void onControl(ControlFrame frame) {
      received.add(frame);
    }
  }
}
