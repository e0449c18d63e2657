package dev.memux.sim;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Nodes at addresses, and links between addresses. Drives each node as a real driver does: all
 * datagrams of an instant first, then one turn in which the node sends, then one timer at the
 * node's deadline.
 */
public final class Network {
  /** A node that takes more turns than this without time passing will never let it pass. */
  private static final int MOST_TURNS_AT_ONE_INSTANT = 10_000;

  private final Simulation simulation;
  private final Seed seed;
  private final Map<InetSocketAddress, Host> hosts = new HashMap<>();
  private final IdentityHashMap<Node, Host> hostsByNode = new IdentityHashMap<>();
  private final Map<Route, Link> links = new HashMap<>();
  private final List<NetworkObserver> observers = new ArrayList<>();
  private int linksLaid;
  private long datagramsSent;

  /**
   * @param seed for the links' impairments; each link draws from a part of its own
   */
  public Network(Simulation simulation, Seed seed) {
    this.simulation = simulation;
    this.seed = seed;
  }

  /**
   * An address for the {@code host}th host (0..253), from the range that RFC 5737 keeps for
   * documentation.
   */
  public static InetSocketAddress address(int host, int port) {
    try {
      byte[] v4 = {(byte) 192, 0, 2, (byte) (host + 1)};
      return new InetSocketAddress(InetAddress.getByAddress(v4), port);
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  public Simulation simulation() {
    return simulation;
  }

  public void observe(NetworkObserver observer) {
    observers.add(observer);
  }

  /** Puts a node at an address; a node may live at several. */
  public void attach(Node node, InetSocketAddress address) {
    Host host = hostsByNode.computeIfAbsent(node, Host::new);
    if (hosts.putIfAbsent(address, host) != null) {
      throw new IllegalArgumentException(address + " is taken");
    }
  }

  /** Takes an address from a node; what is under way to it gets lost. */
  public void detach(Node node, InetSocketAddress address) {
    if (!hosts.remove(address, hostOf(node))) {
      throw new IllegalArgumentException(node + " is not at " + address);
    }
  }

  /** Lays a link from one address to another; the other direction is another link. */
  public Link link(InetSocketAddress from, InetSocketAddress to, LinkProfile profile) {
    Seed part = seed.split("link").split(linksLaid++);
    Link link = new Link(simulation, profile, part, new Arrivals());
    if (links.putIfAbsent(new Route(from, to), link) != null) {
      throw new IllegalArgumentException("there is a link from " + from + " to " + to);
    }
    return link;
  }

  /** Has datagrams between these addresses take a link that others take, through the same queue. */
  public void route(InetSocketAddress from, InetSocketAddress to, Link link) {
    if (links.putIfAbsent(new Route(from, to), link) != null) {
      throw new IllegalArgumentException("there is a link from " + from + " to " + to);
    }
  }

  /** The link from one address to another. */
  public @Nullable Link link(InetSocketAddress from, InetSocketAddress to) {
    return links.get(new Route(from, to));
  }

  /**
   * Gives a node a turn at this instant: it was told to do something other than by a datagram or
   * its deadline.
   */
  public void wake(Node node) {
    hostOf(node).scheduleTurn();
  }

  /**
   * Puts a datagram on the link as if its source had sent it: what an attacker on the path can do.
   */
  public void inject(InetSocketAddress source, InetSocketAddress destination, byte[] payload) {
    Datagram datagram = new Datagram(datagramsSent++, source, destination, payload);
    for (NetworkObserver observer : observers) {
      observer.onInjected(datagram, simulation.nowNanos());
    }
    forward(datagram);
  }

  /**
   * Puts a copy of a datagram on the link from another address, as if that had sent it: what an
   * attacker can do who sees datagrams and writes what source it likes.
   */
  public void copy(Datagram original, InetSocketAddress source) {
    for (NetworkObserver observer : observers) {
      observer.onDuplicated(original, simulation.nowNanos());
    }
    forward(
        new Datagram(
            original.id(), source, original.destination(), original.payload(), original.ecn()));
  }

  private void send(
      InetSocketAddress source, InetSocketAddress destination, byte[] payload, int ecn) {
    Datagram datagram = new Datagram(datagramsSent++, source, destination, payload, ecn);
    for (NetworkObserver observer : observers) {
      observer.onSent(datagram, simulation.nowNanos());
    }
    forward(datagram);
  }

  private void forward(Datagram datagram) {
    Link link = links.get(new Route(datagram.source(), datagram.destination()));
    if (link == null) {
      onDropped(datagram, DropReason.NO_ROUTE);
    } else {
      link.send(datagram);
    }
  }

  private void onArrived(Datagram datagram, boolean intact) {
    Host host = hosts.get(datagram.destination());
    if (host == null) {
      onDropped(datagram, DropReason.NO_ROUTE);
      return;
    }
    for (NetworkObserver observer : observers) {
      observer.onDelivered(datagram, intact, simulation.nowNanos());
    }
    host.node.receive(datagram, simulation.nowNanos());
    host.scheduleTurn();
  }

  private void onDuplicated(Datagram datagram) {
    for (NetworkObserver observer : observers) {
      observer.onDuplicated(datagram, simulation.nowNanos());
    }
  }

  private void onDropped(Datagram datagram, DropReason reason) {
    for (NetworkObserver observer : observers) {
      observer.onDropped(datagram, reason, simulation.nowNanos());
    }
  }

  private Host hostOf(Node node) {
    Host host = hostsByNode.get(node);
    if (host == null) {
      throw new IllegalArgumentException("not attached: " + node);
    }
    return host;
  }

  private record Route(InetSocketAddress from, InetSocketAddress to) {}

  private final class Arrivals implements Link.Receiver {
    @Override
    public void onArrived(Datagram datagram, boolean intact) {
      Network.this.onArrived(datagram, intact);
    }

    @Override
    public void onDuplicated(Datagram datagram) {
      Network.this.onDuplicated(datagram);
    }

    @Override
    public void onDropped(Datagram datagram, DropReason reason) {
      Network.this.onDropped(datagram, reason);
    }
  }

  /** A node with its one timer. */
  private final class Host {
    private final Node node;
    private boolean turnScheduled;
    private long timerNanos = Node.NEVER;
    private long turnNanos = Long.MIN_VALUE;
    private int turnsAtThisInstant;

    Host(Node node) {
      this.node = node;
    }

    void scheduleTurn() {
      if (!turnScheduled) {
        turnScheduled = true;
        simulation.at(simulation.nowNanos(), this::turn);
      }
    }

    private void turn() {
      turnScheduled = false;
      long nowNanos = simulation.nowNanos();
      countTurn(nowNanos);
      if (node.deadlineNanos() <= nowNanos) {
        node.onTimeout(nowNanos);
      }
      node.transmit(
          (source, destination, buffer, offset, length, ecn) ->
              send(source, destination, Arrays.copyOfRange(buffer, offset, offset + length), ecn),
          nowNanos);
      for (NetworkObserver observer : observers) {
        observer.onTurn(node, nowNanos);
      }
      armTimer();
    }

    private void armTimer() {
      long deadlineNanos = node.deadlineNanos();
      if (deadlineNanos != Node.NEVER && deadlineNanos < timerNanos) {
        timerNanos = deadlineNanos;
        simulation.at(deadlineNanos, () -> onTimer(deadlineNanos));
      }
    }

    private void onTimer(long firedNanos) {
      if (firedNanos != timerNanos) {
        return; // An earlier one was armed after this, and has fired.
      }
      timerNanos = Node.NEVER;
      if (node.deadlineNanos() <= simulation.nowNanos()) {
        scheduleTurn();
      } else {
        armTimer();
      }
    }

    private void countTurn(long nowNanos) {
      turnsAtThisInstant = nowNanos == turnNanos ? turnsAtThisInstant + 1 : 0;
      turnNanos = nowNanos;
      if (turnsAtThisInstant > MOST_TURNS_AT_ONE_INSTANT) {
        throw new IllegalStateException(
            node + " spins: its deadline " + node.deadlineNanos() + " never moves past now");
      }
    }
  }
}
