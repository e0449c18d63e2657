package dev.memux.engine.quic;

import dev.memux.engine.CloseReason;
import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.memory.MemoryBudget;
import dev.memux.engine.packet.HeaderWriter;
import dev.memux.engine.packet.PacketSealer;
import dev.memux.engine.packet.PacketType;
import dev.memux.engine.wire.FrameWriter;
import dev.memux.engine.wire.SentFrames;
import dev.memux.tls.NamedGroup;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsCredentials;
import dev.memux.tls.TlsServerConfig;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A client and a server with nothing but this object between them, and time that it tells. */
final class ConnectedPair {
  static final InetSocketAddress CLIENT_ADDRESS =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1111);
  static final InetSocketAddress SERVER_ADDRESS =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 2222);
  static final long MILLI = 1_000_000;
  static final long SECOND = 1_000 * MILLI;

  /** Deadlines that come together are few. */
  private static final int MAX_TURNS_WITHOUT_TIME = 100;

  private static final X509Bundle CERTIFICATE = certificate(0);

  /** Has about two kilobytes, to make chains long with. */
  private static final X509Bundle LARGE_CERTIFICATE = certificate(100);

  final CountedProtection clientKeys = new CountedProtection();
  final CountedProtection serverKeys = new CountedProtection();
  final QuicEndpoint clientEndpoint;
  final QuicEndpoint serverEndpoint;
  final QuicConnection client;
  final List<ConnectionEvent> clientEvents = new ArrayList<>();
  final List<ConnectionEvent> serverEvents = new ArrayList<>();

  /** Says of each datagram on its way whether it arrives; it may change it. */
  Predicate<byte[]> toServer = datagram -> true;

  Predicate<byte[]> toClient = datagram -> true;

  /** What the server sees as the client's address; what it sends elsewhere arrives nowhere. */
  InetSocketAddress clientAddress = CLIENT_ADDRESS;

  /** Codepoint of the datagrams that reach the server. */
  int ecnToServer;

  /** Takes what the server sends to other addresses. */
  BiConsumer<InetSocketAddress, byte[]> elsewhere = (remote, datagram) -> {};

  long now = SECOND;
  long bytesToClient;
  long bytesToServer;
  private final SendBatch batch = new SendBatch();
  private @Nullable QuicConnection server;

  ConnectedPair() {
    this(QuicConfig.DEFAULT, QuicConfig.DEFAULT);
  }

  ConnectedPair(QuicConfig clientConfig, QuicConfig serverConfig) {
    this(clientConfig, serverConfig, clientTls("test"), serverTls("test"));
  }

  ConnectedPair(
      QuicConfig clientConfig,
      QuicConfig serverConfig,
      TlsClientConfig clientTls,
      TlsServerConfig serverTls) {
    clientEndpoint = endpoint(clientConfig, null, clientKeys);
    serverEndpoint = endpoint(serverConfig, serverTls, serverKeys);
    client = clientEndpoint.connect(clientTls, "localhost", SERVER_ADDRESS, now);
  }

  private static QuicEndpoint endpoint(
      QuicConfig config, @Nullable TlsServerConfig serverTls, CountedProtection keys) {
    SecureRandom random = new SecureRandom();
    return new QuicEndpoint(
        config,
        serverTls,
        0,
        new byte[QuicEndpoint.ROUTING_KEY_BYTES],
        QuicEndpoint.newTokenKeys(random),
        keys,
        random,
        MemoryBudget.UNLIMITED);
  }

  static TlsClientConfig clientTls(String protocol) {
    return clientTlsBuilder(protocol).build();
  }

  static TlsClientConfig.Builder clientTlsBuilder(String protocol) {
    return TlsClientConfig.builder()
        .applicationProtocols(protocol)
        .trustedCertificates(List.of(CERTIFICATE.getCertificate()));
  }

  /** A client whose ClientHello fits one packet. */
  static TlsClientConfig shortHelloTls() {
    return clientTlsBuilder("test")
        .groups(NamedGroup.X25519)
        .keyShareGroups(NamedGroup.X25519)
        .build();
  }

  static ConnectedPair withShortHello() {
    return new ConnectedPair(
        QuicConfig.DEFAULT, QuicConfig.DEFAULT, shortHelloTls(), serverTls("test"));
  }

  static TlsServerConfig serverTls(String protocol) {
    return serverTls(protocol, 1).build();
  }

  /** The same with a chain so long; what is behind the first certificate is of no use. */
  static TlsServerConfig.Builder serverTls(String protocol, int chainLength) {
    List<X509Certificate> chain = new ArrayList<>();
    chain.add(CERTIFICATE.getCertificate());
    chain.addAll(Collections.nCopies(chainLength - 1, LARGE_CERTIFICATE.getCertificate()));
    return TlsServerConfig.builder()
        .applicationProtocols(protocol)
        .credentials(new TlsCredentials(chain, CERTIFICATE.getKeyPair().getPrivate()));
  }

  private static X509Bundle certificate(int otherNames) {
    try {
      CertificateBuilder builder =
          new CertificateBuilder()
              .subject("CN=localhost")
              .addSanDnsName("localhost")
              .ecp256()
              .setIsCertificateAuthority(true);
      for (int i = 0; i < otherNames; i++) {
        builder.addSanDnsName("name-" + i + ".example");
      }
      return builder.buildSelfSigned();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** The server's side; only after its first datagram has arrived. */
  QuicConnection server() {
    if (server == null) {
      throw new IllegalStateException("the server has seen no client yet");
    }
    return server;
  }

  boolean hasServer() {
    return server != null;
  }

  /** Runs until nobody has anything to send without waiting. */
  ConnectedPair settle() {
    boolean moved = true;
    while (moved) {
      moved = deliverToServer();
      moved |= deliverAnswers();
      moved |= deliverToClient();
      drainEvents();
    }
    return this;
  }

  /** Lets time pass up to {@code until}, stopping at every deadline. */
  ConnectedPair runUntil(long until) {
    settle();
    int turns = 0;
    while (true) {
      long next = client.deadlineNanos();
      if (server != null) {
        next = Math.min(next, server.deadlineNanos());
      }
      if (next > until) {
        break;
      }
      turns = next > now ? 0 : turns + 1;
      if (turns > MAX_TURNS_WITHOUT_TIME) {
        throw new AssertionError("a deadline that passed stays: a driver would spin");
      }
      now = Math.max(now, next);
      client.onTimeout(now);
      if (server != null) {
        server.onTimeout(now);
      }
      settle();
    }
    now = Math.max(now, until);
    return this;
  }

  boolean deliverToServer() {
    boolean moved = false;
    while (client.transmit(batch, now)) {
      moved = true;
      for (byte[] datagram : split()) {
        if (toServer.test(datagram)) {
          bytesToServer += datagram.length;
          sendToServer(datagram);
        }
      }
    }
    return moved;
  }

  void sendToServer(byte[] datagram) {
    QuicConnection connection =
        serverEndpoint.receive(clientAddress, datagram, 0, datagram.length, ecnToServer, now);
    server = connection == null ? server : connection;
  }

  boolean deliverToClient() {
    boolean moved = false;
    while (server != null && server.transmit(batch, now)) {
      moved = true;
      for (byte[] datagram : split()) {
        bytesToClient += datagram.length;
        if (!batch.remote().equals(clientAddress)) {
          elsewhere.accept(batch.remote(), datagram);
        } else if (toClient.test(datagram)) {
          clientEndpoint.receive(SERVER_ADDRESS, datagram, 0, datagram.length, now);
        }
      }
    }
    return moved;
  }

  /** What the server says without a connection. */
  boolean deliverAnswers() {
    boolean moved = false;
    while (serverEndpoint.transmitStateless(batch)) {
      moved = true;
      bytesToClient += batch.length();
      byte[] answer = Arrays.copyOf(batch.buffer(), batch.length());
      if (toClient.test(answer)) {
        sendToClient(answer);
      }
    }
    return moved;
  }

  void sendToClient(byte[] datagram) {
    clientEndpoint.receive(SERVER_ADDRESS, datagram, 0, datagram.length, now);
  }

  private List<byte[]> split() {
    List<byte[]> datagrams = new ArrayList<>();
    for (int at = 0; at < batch.length(); at += batch.segmentBytes()) {
      int end = Math.min(at + batch.segmentBytes(), batch.length());
      datagrams.add(Arrays.copyOfRange(batch.buffer(), at, end));
    }
    return datagrams;
  }

  private void drainEvents() {
    for (ConnectionEvent e = client.pollEvent(); e != null; e = client.pollEvent()) {
      clientEvents.add(e);
    }
    if (server != null) {
      for (ConnectionEvent e = server.pollEvent(); e != null; e = server.pollEvent()) {
        serverEvents.add(e);
      }
    }
  }

  /** A packet with frames of the test's choice, protected as {@code from} would. */
  static byte[] forge(QuicConnection from, PacketType type, Consumer<FrameWriter> frames) {
    return forge(from, type, 0, frames);
  }

  /** The same with {@code reservedBits} set in the first byte. */
  static byte[] forge(
      QuicConnection from, PacketType type, int reservedBits, Consumer<FrameWriter> frames) {
    return forge(from, type, reservedBits, true, frames);
  }

  private static byte[] forge(
      QuicConnection from,
      PacketType type,
      int reservedBits,
      boolean fixedBit,
      Consumer<FrameWriter> frames) {
    PacketNumberSpace space = from.space(type);
    PacketSealer sealer = space.sealer;
    if (sealer == null) {
      throw new IllegalStateException("no keys for " + type);
    }
    byte[] packet = new byte[QuicConfig.MIN_DATAGRAM_BYTES];
    long number = space.nextPacketNumber++;
    boolean isShort = type == PacketType.ONE_RTT;
    int payload =
        isShort
            ? HeaderWriter.writeShort(
                packet, 0, from.paths().active().peerId().id(), false, number, 4)
            : HeaderWriter.writeLong(
                packet,
                0,
                type,
                from.version().of(type),
                from.paths().active().peerId().id(),
                from.localIds().first(),
                new byte[0],
                number,
                4);
    packet[0] |= (byte) reservedBits;
    if (!fixedBit) {
      HeaderWriter.clearFixedBit(packet, 0);
    }
    FrameWriter writer = new FrameWriter();
    writer.reset(packet, payload, packet.length - PacketSealer.TAG_BYTES);
    frames.accept(writer);
    if (type == PacketType.INITIAL) {
      writer.padTo(packet.length);
    }
    int length = writer.position() - payload;
    if (!isShort) {
      HeaderWriter.patchLength(packet, payload, 4, length);
    }
    byte[] sealed = new byte[packet.length];
    int end = sealer.seal(packet, 0, payload, 4, length, number, sealed, 0);
    return Arrays.copyOf(sealed, end);
  }

  /** The same, and its sender knows of it and takes its acknowledgement. */
  byte[] forgeSent(QuicConnection from, PacketType type, Consumer<FrameWriter> frames) {
    return noteSent(from, type, forge(from, type, frames));
  }

  /** The same without the bit that RFC 9287 makes meaningless. */
  byte[] forgeSentWithoutFixedBit(
      QuicConnection from, PacketType type, Consumer<FrameWriter> frames) {
    return noteSent(from, type, forge(from, type, 0, false, frames));
  }

  private byte[] noteSent(QuicConnection from, PacketType type, byte[] packet) {
    PacketNumberSpace space = from.space(type);
    from.recovery()
        .onPacketSent(
            space.space,
            space.nextPacketNumber - 1,
            packet.length,
            true,
            true,
            new SentFrames(),
            now);
    return packet;
  }

  /** Has the client send the server a 1-RTT packet with frames of the test's choice. */
  void forgeToServer(Consumer<FrameWriter> frames) {
    sendToServer(forge(client, PacketType.ONE_RTT, frames));
    drainEvents();
  }

  /** Has the server send the client a 1-RTT packet with frames of the test's choice. */
  void forgeToClient(Consumer<FrameWriter> frames) {
    byte[] datagram = forge(server(), PacketType.ONE_RTT, frames);
    clientEndpoint.receive(SERVER_ADDRESS, datagram, 0, datagram.length, now);
    drainEvents();
  }

  static @Nullable CloseReason closeReason(List<ConnectionEvent> events) {
    CloseReason reason = null;
    for (ConnectionEvent event : events) {
      if (event instanceof ConnectionEvent.Closed closed) {
        if (reason != null) {
          throw new AssertionError("closed twice");
        }
        reason = closed.reason();
      }
    }
    return reason;
  }
}
