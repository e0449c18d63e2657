package dev.memux.sim.goodput;

import dev.memux.engine.ConnectionStatistics;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.sim.Link;
import dev.memux.sim.LinkProfile;
import dev.memux.sim.Network;
import dev.memux.sim.Seed;
import dev.memux.sim.Simulation;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.UnaryOperator;

/** A server that sends one endless stream over a link to a client that reads it at once. */
public final class BulkTransfer {
  private static final int SERVER_PORT = 443;
  private static final int CLIENT_PORT = 1000;

  /** What is not measured: the handshake, and slow start or most of it. */
  private static final int FIRST_ROUND_TRIPS = 20;

  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final GoodputLink link;
  private final Simulation simulation = new Simulation();
  private final List<Link> directions;
  private final BulkFlow flow;

  public BulkTransfer(GoodputLink link, QuicConfig config, long seed) {
    this.link = link;
    Seed root = new Seed(seed);
    Network network = new Network(simulation, root.split("network"));
    InetSocketAddress server = Network.address(0, SERVER_PORT);
    InetSocketAddress client = Network.address(1, CLIENT_PORT);
    flow = new BulkFlow(network, server, client, config, root);
    directions =
        List.of(
            network.link(server, client, link.profile()),
            network.link(client, server, link.profile()));
    flow.connect();
  }

  /**
   * Measures the goodput after the first 20 round trips; once only.
   *
   * @param seconds of virtual time
   */
  public Goodput run(int seconds) {
    simulation.runUntil(FIRST_ROUND_TRIPS * link.rttNanos());
    long before = flow.readBytes();
    simulation.runUntil(FIRST_ROUND_TRIPS * link.rttNanos() + seconds * NANOS_PER_SECOND);
    ConnectionStatistics sender = flow.senderStatistics();
    double bitsPerSecond = (flow.readBytes() - before) * 8.0 / seconds;
    return new Goodput(
        link,
        bitsPerSecond,
        link.capacityBitsPerSecond(sender.packetBytes()),
        sender,
        flow.receiverStatistics());
  }

  /** Goes on until so much time has passed since the beginning. */
  void runUntil(long elapsedNanos) {
    simulation.runUntil(elapsedNanos);
  }

  /** What either direction is from now on. */
  void reshape(UnaryOperator<LinkProfile.Builder> change) {
    for (Link direction : directions) {
      direction.profile(change.apply(direction.profile().toBuilder()).build());
    }
  }

  /** What the receiver has read so far. */
  long readBytes() {
    return flow.readBytes();
  }

  /** Of the sender. */
  ConnectionStatistics statistics() {
    return flow.senderStatistics();
  }
}
