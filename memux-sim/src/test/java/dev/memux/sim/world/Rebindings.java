package dev.memux.sim.world;

import dev.memux.engine.quic.MigrationStart;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.sim.Link;
import dev.memux.sim.LinkProfile;
import dev.memux.sim.Network;
import dev.memux.sim.quic.QuicNode;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The addresses at which a client is seen, one after the other, and the links that join them to the
 * server. Whatever is sent to an address that a NAT has taken from the client gets lost.
 */
final class Rebindings {
  /** Apart from the hosts that clients begin at. */
  private static final int FIRST_OTHER_HOST = 100;

  private static final int HOSTS_PER_CLIENT = 8;
  private static final int PORT_STEP = 1000;

  private final Network network;
  private final QuicNode client;

  /** All that the client may talk to. */
  private final List<InetSocketAddress> server;

  private final int index;
  private final Map<InetSocketAddress, Integer> sockets = new HashMap<>();
  private final List<Link> links = new ArrayList<>();
  private final Map<Integer, Way> ways = new HashMap<>();
  private final InetSocketAddress first;
  private Way current;

  /** The links that a socket's datagrams go through. */
  private record Way(Link up, Link down) {}

  /**
   * @param server its addresses; the client's first one is joined to the first of them
   * @param index of the client, in its world
   */
  Rebindings(
      Network network,
      QuicNode client,
      List<InetSocketAddress> server,
      int index,
      Link up,
      Link down) {
    this.network = network;
    this.client = client;
    this.server = server;
    this.index = index;
    this.first = client.address();
    current = new Way(up, down);
    ways.put(0, current);
    sockets.put(first, 0);
    links.add(up);
    links.add(down);
    for (InetSocketAddress other : server.subList(1, server.size())) {
      network.route(first, other, up);
      network.route(other, first, down);
    }
  }

  /** Where the client was at first. */
  InetSocketAddress first() {
    return first;
  }

  /** Whether the client is or was there. */
  boolean include(InetSocketAddress address) {
    return sockets.containsKey(address);
  }

  /** Which of the client's sockets is or was seen there. */
  int socket(InetSocketAddress address) {
    return sockets.getOrDefault(address, -1);
  }

  Link up() {
    return current.up;
  }

  Link down() {
    return current.down;
  }

  /** All links that the client ever sent or received on. */
  List<Link> links() {
    return links;
  }

  /** A NAT on the way forgets a socket of the client's. */
  void rebind(int socket, WorldPlan.Rebinding plan) {
    InetSocketAddress before = client.address(socket);
    InetSocketAddress next = nextAddress(before, plan.otherHost());
    ways.put(socket, lay(next, ways.get(socket), plan.up(), plan.down()));
    current = ways.get(socket);
    network.detach(client, before);
    network.attach(client, next);
    client.rebind(socket, next);
    sockets.put(next, socket);
  }

  /** The client opens another socket and wants to go on from there, or to know whether it could. */
  MigrationStart move(QuicConnection connection, WorldPlan.Move plan, long nowNanos) {
    InetSocketAddress before = client.address(connection.socket());
    InetSocketAddress next = nextAddress(before, plan.otherHost());
    Way way = lay(next, ways.get(connection.socket()), plan.up(), plan.down());
    int socket = client.open(next);
    ways.put(socket, way);
    sockets.put(next, socket);
    if (!plan.inVain()) {
      network.attach(client, next); // what is sent to it otherwise gets lost
    }
    return plan.probes()
        ? connection.migration().probe(socket, plan.otherHost(), nowNanos)
        : connection.migration().migrate(socket, plan.otherHost(), nowNanos);
  }

  /** The client uses that socket now. */
  void onMoved(int socket) {
    current = ways.get(socket);
  }

  private Way lay(
      InetSocketAddress next,
      Way before,
      @Nullable LinkProfile newUp,
      @Nullable LinkProfile newDown) {
    Way way = before;
    if (newUp != null && newDown != null) {
      way =
          new Way(
              network.link(next, server.getFirst(), newUp),
              network.link(server.getFirst(), next, newDown));
      links.add(way.up);
      links.add(way.down);
    }
    for (InetSocketAddress other : server) {
      if (network.link(next, other) == null) {
        network.route(next, other, way.up);
        network.route(other, next, way.down);
      }
    }
    return way;
  }

  private InetSocketAddress nextAddress(InetSocketAddress before, boolean otherHost) {
    int port = FIRST_OTHER_PORT + index * PORT_STEP + sockets.size();
    return otherHost
        ? Network.address(FIRST_OTHER_HOST + index * HOSTS_PER_CLIENT + sockets.size(), port)
        : new InetSocketAddress(before.getAddress(), port);
  }

  private static final int FIRST_OTHER_PORT = 10_000;
}
