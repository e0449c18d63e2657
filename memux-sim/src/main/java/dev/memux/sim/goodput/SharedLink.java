package dev.memux.sim.goodput;

import dev.memux.engine.quic.CongestionControl;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.sim.Link;
import dev.memux.sim.LinkProfile;
import dev.memux.sim.Network;
import dev.memux.sim.Seed;
import dev.memux.sim.Simulation;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Bulk transfers from different servers to different clients through one bottleneck. */
public final class SharedLink {
  static final long RATE_BITS_PER_SECOND = 20_000_000;
  static final long RTT_NANOS = 40_000_000;

  /**
   * Of acknowledgements, at most. Hosts are not in step to the nanosecond, or the same one would
   * find the queue full each time.
   */
  static final long JITTER_NANOS = 2_000_000;

  /**
   * Between the beginnings of two flows: so little that none finds a queue that is full already.
   * Who does begins small, and before a long queue there are too few losses in a minute to make it
   * up.
   */
  static final long STAGGER_NANOS = 20_000_000;

  /** What is not measured: handshakes and slow starts. */
  static final long WARM_UP_NANOS = 2_000_000_000L;

  private static final int SERVER_PORT = 443;
  private static final int CLIENT_PORT = 1000;
  private static final double NANOS_PER_SECOND = 1e9;

  private final double queueProducts;
  private final List<CongestionControl> controls;
  private final Simulation simulation = new Simulation();
  private final Network network;
  private final List<BulkFlow> flows = new ArrayList<>();

  /**
   * @param controls of the flows
   * @param queueProducts what the queue before the bottleneck holds, in products of rate and round
   *     trip
   */
  public SharedLink(List<CongestionControl> controls, double queueProducts, long seed) {
    this.queueProducts = queueProducts;
    this.controls = List.copyOf(controls);
    Seed root = new Seed(seed);
    network = new Network(simulation, root.split("network"));
    Link bottleneck = null;
    for (int i = 0; i < controls.size(); i++) {
      InetSocketAddress server = Network.address(2 * i, SERVER_PORT);
      InetSocketAddress client = Network.address(2 * i + 1, CLIENT_PORT);
      QuicConfig config = QuicConfig.DEFAULT.withCongestion(controls.get(i));
      flows.add(new BulkFlow(network, server, client, config, root.split("flow").split(i)));
      if (bottleneck == null) {
        bottleneck = network.link(server, client, profile(queueProducts));
      } else {
        network.route(server, client, bottleneck);
      }
      network.link(
          client,
          server,
          LinkProfile.builder().delayNanos(RTT_NANOS / 2).jitterNanos(JITTER_NANOS).build());
    }
  }

  private static LinkProfile profile(double queueProducts) {
    double product = RATE_BITS_PER_SECOND / 8.0 * RTT_NANOS / NANOS_PER_SECOND;
    return LinkProfile.builder()
        .rateBitsPerSecond(RATE_BITS_PER_SECOND)
        .headerBytes(GoodputLink.HEADER_BYTES)
        .delayNanos(RTT_NANOS / 2)
        .queueBytes((int) (queueProducts * product))
        .mtuBytes(GoodputLink.MTU_BYTES - GoodputLink.HEADER_BYTES)
        .build();
  }

  /**
   * Measures what each flow gets after the first two seconds; once only.
   *
   * @param seconds of virtual time
   */
  public Fairness run(int seconds) {
    for (int i = 0; i < flows.size(); i++) {
      simulation.at(simulation.nowNanos() + i * STAGGER_NANOS, flows.get(i)::connect);
    }
    simulation.runUntil(WARM_UP_NANOS);
    List<Long> before = flows.stream().map(BulkFlow::readBytes).toList();
    simulation.runUntil(WARM_UP_NANOS + (long) (seconds * NANOS_PER_SECOND));
    List<Fairness.Flow> shares = new ArrayList<>();
    for (int i = 0; i < flows.size(); i++) {
      BulkFlow flow = flows.get(i);
      double bitsPerSecond = (flow.readBytes() - before.get(i)) * 8.0 / seconds;
      shares.add(new Fairness.Flow(controls.get(i), bitsPerSecond, flow.senderStatistics()));
    }
    return new Fairness(queueProducts, shares);
  }
}
