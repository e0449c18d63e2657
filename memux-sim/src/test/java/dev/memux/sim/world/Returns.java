package dev.memux.sim.world;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.engine.quic.QuicEndpoint;
import dev.memux.engine.quic.SendBatch;
import dev.memux.engine.wire.TransportParameters;
import dev.memux.sim.Network;
import dev.memux.sim.Seed;
import dev.memux.sim.SeededSecureRandom;
import dev.memux.sim.quic.WireTap;
import dev.memux.tls.NamedGroup;
import dev.memux.tls.SessionCache;
import dev.memux.tls.StrikeRegister;
import dev.memux.tls.TicketKeys;
import dev.memux.tls.TlsClientConfig;
import dev.memux.tls.TlsServerConfig;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Clients that have been at the server before: each visit takes place outside of the world, over no
 * network at all, and leaves a session with which the client sends early data.
 */
final class Returns {
  private static final byte[] NO_SETTINGS = {};
  private static final byte[] ROUTING_KEY = new byte[16];
  private static final long NOW = 0;
  private static final InetSocketAddress CLIENT = Network.address(1, 1);
  private static final InetSocketAddress SERVER = Network.address(0, 1);

  private final WorldPlan plan;
  private final Seed seed;
  private final TicketKeys keys;
  private final StrikeRegister register;

  /** What the server said of itself at the last visit. */
  private @Nullable TransportParameters remembered;

  Returns(WorldPlan plan, Seed seed) {
    this.plan = plan;
    this.seed = seed;
    keys =
        new TicketKeys(Duration.ofDays(1), Tls.CLOCK, new SeededSecureRandom(seed.split("keys")));
    register = new StrikeRegister(Duration.ofSeconds(10), 1000, Tls.CLOCK);
  }

  TlsServerConfig server(WireTap tap) {
    TlsServerConfig.Builder server = Tls.server(plan.tls()).keyLog(tap);
    return plan.tls().visited() == null ? server.build() : resuming(server).build();
  }

  private TlsServerConfig.Builder resuming(TlsServerConfig.Builder server) {
    return server.ticketKeys(keys).earlyData(register, NO_SETTINGS);
  }

  /** Settings of a client that comes back, if clients do. */
  TlsClientConfig client(int index, WireTap tap) {
    TlsClientConfig.Builder client = Tls.client(plan.tls());
    QuicConfig visited = plan.tls().visited();
    if (visited != null) {
      SessionCache cache = SessionCache.inMemory(1);
      client.sessionCache(cache, Tls.CLOCK).offerEarlyData();
      visit(visited, cache, seed.split("visit").split(index));
    }
    return client.keyLog(tap).build();
  }

  /** What clients go by while they send early data; null: they send none. */
  @Nullable TransportParameters remembered() {
    return remembered;
  }

  /** With the cheapest handshake: what is kept depends neither on its group nor on the chain. */
  private void visit(QuicConfig config, SessionCache cache, Seed part) {
    TlsClientConfig tls =
        Tls.client(plan.tls()).groups(NamedGroup.X25519).sessionCache(cache, Tls.CLOCK).build();
    TlsServerConfig server =
        resuming(Tls.server(plan.tls().withCertificates(1)).groups(NamedGroup.X25519)).build();
    QuicEndpoint here =
        new QuicEndpoint(
            plan.clientConfig(),
            null,
            0,
            ROUTING_KEY,
            new SeededSecureRandom(part.split("client")));
    QuicEndpoint there =
        new QuicEndpoint(
            config, server, 0, ROUTING_KEY, new SeededSecureRandom(part.split("server")));
    QuicConnection client = here.connect(tls, Tls.SERVER_NAME, SERVER, NOW);
    SendBatch batch = new SendBatch();
    QuicConnection accepted = null;
    for (boolean moved = true; moved; ) {
      moved = false;
      while (client.transmit(batch, NOW)) {
        moved = true;
        QuicConnection found = deliver(batch, there, CLIENT);
        accepted = found == null ? accepted : found;
      }
      while (there.transmitStateless(batch)) { // a Retry
        moved = true;
        deliver(batch, here, SERVER);
      }
      while (accepted != null && accepted.transmit(batch, NOW)) {
        moved = true;
        deliver(batch, here, SERVER);
      }
    }
    remembered = Objects.requireNonNull(client.peerParameters()).remembered();
  }

  private static @Nullable QuicConnection deliver(
      SendBatch batch, QuicEndpoint to, InetSocketAddress from) {
    QuicConnection last = null;
    for (int at = 0; at < batch.length(); at += batch.segmentBytes()) {
      int length = Math.min(batch.segmentBytes(), batch.length() - at);
      last = to.receive(from, batch.buffer(), at, length, NOW);
    }
    batch.clear();
    return last;
  }
}
