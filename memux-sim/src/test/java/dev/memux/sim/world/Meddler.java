package dev.memux.sim.world;

import dev.memux.sim.Datagram;
import dev.memux.sim.Network;
import dev.memux.sim.NetworkObserver;
import dev.memux.sim.Randomness;
import dev.memux.sim.Seed;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Somebody on the path who slips in datagrams that must change nothing. */
final class Meddler implements NetworkObserver {
  private static final int REMEMBERED = 32;
  private static final int LONG_HEADER_BYTES = 7;

  private final Network network;
  private final InetSocketAddress client;
  private final InetSocketAddress server;
  private final Randomness random;
  private final @Nullable Datagram[] seen = new Datagram[REMEMBERED];
  private final Set<Long> injected = new HashSet<>();
  private int seenCount;
  private byte @Nullable [] clientInitial;

  Meddler(Network network, InetSocketAddress client, InetSocketAddress server, Seed seed) {
    this.network = network;
    this.client = client;
    this.server = server;
    this.random = seed.random();
  }

  @Override
  public void onSent(Datagram datagram, long nowNanos) {
    if (clientInitial == null && datagram.source().equals(client)) {
      clientInitial = datagram.payload();
    }
  }

  @Override
  public void onInjected(Datagram datagram, long nowNanos) {
    // A version negotiation of our own, changed a little more, would be one that a client has to
    // believe.
    injected.add(datagram.id());
  }

  @Override
  public void onDelivered(Datagram datagram, boolean intact, long nowNanos) {
    // Only what has arrived: replaying a lost datagram would deliver it.
    if (intact
        && !injected.contains(datagram.id())
        && (datagram.source().equals(client) || datagram.destination().equals(client))) {
      seen[seenCount++ % REMEMBERED] = datagram;
    }
  }

  void meddle() {
    Datagram datagram =
        seenCount == 0 ? null : seen[random.between(0, Math.min(seenCount, REMEMBERED) - 1)];
    switch (random.between(0, 6)) {
      case 0 -> toServer(bytes(random.between(1, 1500)));
      case 1 -> toClient(bytes(random.between(1, 1500)));
      case 2 -> toServer(unknownVersion());
      case 3 -> {
        if (clientInitial != null) {
          toClient(versionNegotiation(clientInitial));
        }
      }
      case 4 -> replay(datagram, d -> d);
      case 5 -> replay(datagram, d -> Arrays.copyOf(d, random.between(1, d.length)));
      default -> replay(datagram, this::overwriteTail);
    }
  }

  private interface Change {
    byte[] apply(byte[] payload);
  }

  private void replay(@Nullable Datagram datagram, Change change) {
    if (datagram != null) {
      network.inject(
          datagram.source(), datagram.destination(), change.apply(datagram.payload().clone()));
    }
  }

  private byte[] overwriteTail(byte[] payload) {
    byte[] noise = bytes(payload.length);
    int keep = Math.min(payload.length, random.between(1, 40));
    System.arraycopy(payload, 0, noise, 0, keep);
    return noise;
  }

  private byte[] unknownVersion() {
    byte[] packet = bytes(1200);
    packet[0] |= (byte) 0xc0;
    byte[] version = {0x1a, 0x2a, 0x3a, 0x4a};
    System.arraycopy(version, 0, packet, 1, 4);
    packet[5] = 8;
    packet[14] = 8;
    return packet;
  }

  /** Lists the version that the client has begun with, so that it must not believe it (§6.2). */
  private static byte[] versionNegotiation(byte[] initial) {
    int dcidLength = initial[5];
    int scidLength = initial[6 + dcidLength];
    byte[] packet = new byte[LONG_HEADER_BYTES + dcidLength + scidLength + 8];
    packet[0] = (byte) 0x80;
    packet[5] = (byte) scidLength;
    System.arraycopy(initial, 7 + dcidLength, packet, 6, scidLength);
    packet[6 + scidLength] = (byte) dcidLength;
    System.arraycopy(initial, 6, packet, 7 + scidLength, dcidLength);
    int versions = LONG_HEADER_BYTES + dcidLength + scidLength;
    System.arraycopy(initial, 1, packet, versions, 4);
    packet[versions + 7] = 2;
    return packet;
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private void toServer(byte[] payload) {
    network.inject(client, server, payload);
  }

  private void toClient(byte[] payload) {
    network.inject(server, client, payload);
  }
}
