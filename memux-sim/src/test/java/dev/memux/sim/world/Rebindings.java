package dev.memux.sim.world;

import dev.memux.sim.Link;
import dev.memux.sim.LinkProfile;
import dev.memux.sim.Network;
import dev.memux.sim.quic.QuicNode;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * The addresses at which a client is seen, one after the other, and the links that join them to the
 * server. Whatever is sent to an address that the client has lost gets lost.
 */
final class Rebindings {
  /** Apart from the hosts that clients begin at. */
  private static final int FIRST_OTHER_HOST = 100;

  private static final int HOSTS_PER_CLIENT = 8;
  private static final int PORT_STEP = 1000;

  private final Network network;
  private final QuicNode client;
  private final InetSocketAddress server;
  private final int index;
  private final List<InetSocketAddress> addresses = new ArrayList<>();
  private final List<Link> links = new ArrayList<>();
  private Link up;
  private Link down;

  /**
   * @param index of the client, in its world
   */
  Rebindings(
      Network network, QuicNode client, InetSocketAddress server, int index, Link up, Link down) {
    this.network = network;
    this.client = client;
    this.server = server;
    this.index = index;
    this.up = up;
    this.down = down;
    addresses.add(client.address());
    links.add(up);
    links.add(down);
  }

  /** Where the client was at first. */
  InetSocketAddress first() {
    return addresses.getFirst();
  }

  /** Whether the client is or was there. */
  boolean include(InetSocketAddress address) {
    return addresses.contains(address);
  }

  Link up() {
    return up;
  }

  Link down() {
    return down;
  }

  /** All links that the client ever sent or received on. */
  List<Link> links() {
    return links;
  }

  void rebind(WorldPlan.Rebinding plan) {
    InetSocketAddress before = client.address();
    InetSocketAddress next = nextAddress(before, plan);
    LinkProfile newUp = plan.up();
    LinkProfile newDown = plan.down();
    if (newUp == null || newDown == null) {
      network.route(next, server, up);
      network.route(server, next, down);
    } else {
      up = network.link(next, server, newUp);
      down = network.link(server, next, newDown);
      links.add(up);
      links.add(down);
    }
    network.detach(client, before);
    network.attach(client, next);
    client.rebind(next);
    addresses.add(next);
  }

  private InetSocketAddress nextAddress(InetSocketAddress before, WorldPlan.Rebinding plan) {
    int port = before.getPort() + PORT_STEP;
    return plan.otherHost()
        ? Network.address(FIRST_OTHER_HOST + index * HOSTS_PER_CLIENT + addresses.size(), port)
        : new InetSocketAddress(before.getAddress(), port);
  }
}
