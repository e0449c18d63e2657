package dev.memux.netty;

import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.packet.HeaderWriter;
import dev.memux.engine.packet.InitialSecrets;
import dev.memux.engine.packet.PacketHeader;
import dev.memux.engine.packet.PacketOpener;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.engine.quic.QuicEndpoint;
import dev.memux.engine.quic.SendBatch;
import dev.memux.engine.wire.QuicVersion;
import dev.memux.tls.NamedGroup;
import dev.memux.tls.TlsClientConfig;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * First datagrams of clients, as cheap as an attacker makes them: one ClientHello, over and over,
 * under ever new connection IDs. A server must take each for a client of its own.
 */
final class ForgedInitials {
  private static final int ID_BYTES = 8;
  private static final int PACKET_NUMBER_BYTES = 4;
  private static final byte[] NO_TOKEN = {};

  private final SplittableRandom random = new SplittableRandom(1);
  private final ConnectionId source = ConnectionId.of(new byte[ID_BYTES]);
  private final byte[] frames;
  private final byte[] plain = new byte[QuicConfig.MIN_DATAGRAM_BYTES];

  ForgedInitials(InetSocketAddress server) {
    TlsClientConfig tls =
        TlsClientConfig.builder()
            .applicationProtocols(Loopback.ALPN)
            .trustedCertificates(List.of(Loopback.CERTIFICATE.getRootCertificate()))
            .groups(NamedGroup.X25519) // so that it fits one datagram
            .keyShareGroups(NamedGroup.X25519)
            .build();
    QuicEndpoint endpoint =
        new QuicEndpoint(
            QuicConfig.DEFAULT,
            null,
            0,
            new byte[QuicEndpoint.ROUTING_KEY_BYTES],
            new SecureRandom());
    QuicConnection client = endpoint.connect(tls, Loopback.SERVER_NAME, server, 0);
    SendBatch batch = new SendBatch();
    client.transmit(batch, 0);
    frames = open(Arrays.copyOf(batch.buffer(), batch.segmentBytes()));
  }

  private static byte[] open(byte[] datagram) {
    PacketHeader header = new PacketHeader();
    header.parse(datagram, 0, datagram.length, ID_BYTES);
    ConnectionId dcid = ConnectionId.of(datagram, header.dcidFrom(), header.dcidLength());
    byte[] frames = new byte[datagram.length];
    int length =
        new PacketOpener(InitialSecrets.SUITE, InitialSecrets.client(QuicVersion.V1, dcid))
            .open(datagram, 0, header.packetNumberOffset(), header.packetEnd(), -1, frames, 0);
    int end = length;
    while (frames[end - 1] == 0) {
      end--; // PADDING
    }
    return Arrays.copyOf(frames, end);
  }

  /** One more client's. */
  byte[] next() {
    return to(ConnectionId.random(random, ID_BYTES), NO_TOKEN, 0);
  }

  /** What a client says to a Retry. */
  byte[] answer(byte[] retry, PacketHeader header) {
    return to(
        ConnectionId.of(retry, header.scidFrom(), header.scidLength()),
        Arrays.copyOfRange(retry, header.tokenFrom(), header.tokenFrom() + header.tokenLength()),
        1);
  }

  private byte[] to(ConnectionId dcid, byte[] token, long packetNumber) {
    Arrays.fill(plain, (byte) 0);
    int payload =
        HeaderWriter.writeLong(
            plain,
            0,
            PacketType.INITIAL,
            QuicVersion.V1,
            dcid,
            source,
            token,
            packetNumber,
            PACKET_NUMBER_BYTES);
    System.arraycopy(frames, 0, plain, payload, frames.length);
    int length = plain.length - payload - PacketSealer.TAG_BYTES;
    HeaderWriter.patchLength(plain, payload, PACKET_NUMBER_BYTES, length);
    byte[] sealed = new byte[plain.length];
    new PacketSealer(InitialSecrets.SUITE, InitialSecrets.client(QuicVersion.V1, dcid))
        .seal(plain, 0, payload, PACKET_NUMBER_BYTES, length, packetNumber, sealed, 0);
    return sealed;
  }
}
