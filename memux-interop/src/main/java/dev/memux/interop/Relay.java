package dev.memux.interop;

import dev.memux.sim.Datagram;
import dev.memux.sim.DatagramSink;
import dev.memux.sim.Network;
import dev.memux.sim.Node;
import dev.memux.sim.Randomness;
import dev.memux.sim.Seed;
import dev.memux.sim.Simulation;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The network between clients and a server, for processes on this machine: clients speak to the
 * relay's address, and the server sees each client at an address of its own, as behind a NAT.
 * Datagrams take the simulator's links, whose clock runs with the real one, on one thread.
 */
final class Relay implements AutoCloseable {
  private static final InetSocketAddress LEFT = Network.address(0, 1);
  private static final InetSocketAddress RIGHT = Network.address(1, 1);
  private static final long MAX_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final Scenario scenario;
  private final InetSocketAddress server;
  private final Capture capture;
  private final long startNanos = System.nanoTime();
  private final Simulation simulation = new Simulation(startNanos);
  private final Network network;
  private final Randomness addresses;
  private final Map<Long, Flight> flights = new HashMap<>();
  private final Map<Client, Binding> bindings = new HashMap<>();
  private final List<RelaySocket> sockets = new ArrayList<>();
  private final BlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
  private final RelaySocket front;
  private final Thread thread;
  private InetAddress outside;
  private volatile boolean closed;

  /** A client's address, and which of the relay's it speaks to. */
  private record Client(InetSocketAddress address, RelaySocket front) {}

  /** Where the server sees a client. */
  private static final class Binding {
    private final Client client;
    private RelaySocket socket;

    Binding(Client client, RelaySocket socket) {
      this.client = client;
      this.socket = socket;
    }
  }

  /**
   * A datagram under way.
   *
   * @param from for one of the server's: what it came to
   */
  private record Flight(Captured captured, Binding binding, @Nullable RelaySocket from) {}

  private Relay(Scenario scenario, InetSocketAddress server, long seed, Capture capture)
      throws IOException {
    this.scenario = scenario;
    this.server = server;
    this.capture = capture;
    Seed root = new Seed(seed);
    network = new Network(simulation, root.split("network"));
    network.link(LEFT, RIGHT, scenario.link());
    network.link(RIGHT, LEFT, scenario.link());
    Seed far = root.split("impairments");
    Impairment toServer =
        new Impairment(scenario, far.split("server").random(), scenario.dropsToServer());
    Impairment toClient = new Impairment(scenario, far.split("client").random(), Set.of());
    network.attach(new End(datagram -> onAtServer(datagram, toServer)), RIGHT);
    network.attach(new End(datagram -> onAtClient(datagram, toClient)), LEFT);
    addresses = root.split("addresses").random();
    outside = server.getAddress();
    front = open(server.getAddress());
    thread = new Thread(this::run, "relay");
  }

  /**
   * Begins to relay to a server.
   *
   * @param server on a loopback address, of the family of which the relay will be
   * @param capture takes all that goes over it
   */
  static Relay start(Scenario scenario, InetSocketAddress server, long seed, Capture capture)
      throws IOException {
    Relay relay = new Relay(scenario, server, seed, capture);
    relay.receiveFromClients(relay.front);
    relay.thread.start();
    return relay;
  }

  /** What clients speak to. */
  InetSocketAddress address() {
    return front.localAddress();
  }

  private RelaySocket open(InetAddress address) throws IOException {
    RelaySocket socket = RelaySocket.open(address);
    sockets.add(socket);
    return socket;
  }

  private void run() {
    try {
      while (!closed) {
        long waitNanos = Math.min(MAX_WAIT_NANOS, simulation.nextEventNanos() - System.nanoTime());
        Runnable next = inbox.poll(Math.max(0, waitNanos), TimeUnit.NANOSECONDS);
        simulation.runUntil(System.nanoTime());
        if (next != null) {
          next.run();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void receiveFromClients(RelaySocket socket) {
    socket.receive(
        (from, payload, ecn) -> inbox.add(() -> onFromClient(socket, from, payload, ecn)));
  }

  private void onFromClient(RelaySocket socket, InetSocketAddress from, byte[] payload, int ecn) {
    // From then on, or whoever starts slowly would be moved before it can be.
    if (bindings.isEmpty() && !scenario.firstRebinding().isZero()) {
      simulation.after(scenario.firstRebinding().toNanos(), this::rebind);
    }
    Binding binding = bindings.computeIfAbsent(new Client(from, socket), this::bind);
    Captured captured = captured(true, binding, binding.socket, payload, ecn);
    send(LEFT, RIGHT, new Flight(captured, binding, null));
  }

  private Captured captured(
      boolean fromClient, Binding binding, RelaySocket outer, byte[] payload, int ecn) {
    return new Captured(
        capture.count(),
        simulation.elapsedNanos(),
        fromClient,
        binding.client.address,
        binding.client.front.localAddress(),
        outer.localAddress(),
        ecn,
        payload);
  }

  private void send(InetSocketAddress source, InetSocketAddress destination, Flight flight) {
    capture.onSent(flight.captured);
    long number = flight.captured.number();
    flights.put(number, flight); // the network counts alike
    network.inject(source, destination, flight.captured.payload());
  }

  private void onAtServer(Datagram datagram, Impairment impairment) {
    Flight flight = flights.get(datagram.id());
    byte[] payload = impairment.apply(datagram.payload());
    if (flight != null && payload != null) {
      RelaySocket socket = flight.binding.socket;
      capture.onDelivered(flight.captured, socket.localAddress());
      socket.send(payload, server, flight.captured.ecn());
    }
  }

  private void onAtClient(Datagram datagram, Impairment impairment) {
    Flight flight = flights.get(datagram.id());
    byte[] payload = impairment.apply(datagram.payload());
    // What comes to where a client no longer is, a NAT drops.
    if (flight != null && payload != null && flight.from == flight.binding.socket) {
      capture.onDelivered(flight.captured, flight.captured.binding());
      Client client = flight.binding.client;
      client.front.send(payload, client.address, flight.captured.ecn());
    }
  }

  private Binding bind(Client client) {
    Binding binding = new Binding(client, openUpstream());
    receiveFromServer(binding);
    return binding;
  }

  private RelaySocket openUpstream() {
    try {
      return open(outside);
    } catch (IOException e) {
      throw new IllegalStateException("no more sockets", e);
    }
  }

  private void receiveFromServer(Binding binding) {
    RelaySocket socket = binding.socket;
    socket.receive(
        (from, payload, ecn) ->
            inbox.add(
                () -> {
                  Captured captured = captured(false, binding, socket, payload, ecn);
                  send(RIGHT, LEFT, new Flight(captured, binding, socket));
                }));
  }

  /** All clients are seen at other ports, and perhaps at another address, from now on. */
  private void rebind() {
    if (scenario.rebindsAddress()) {
      outside = another(outside);
    }
    for (Binding binding : bindings.values()) {
      binding.socket = openUpstream(); // the old one stays open, and what comes to it is dropped
      receiveFromServer(binding);
    }
    if (!scenario.rebindingEvery().isZero()) {
      simulation.after(scenario.rebindingEvery().toNanos(), this::rebind);
    }
  }

  /** Another address of 127.0.0.0/24, all of which are this machine. */
  private InetAddress another(InetAddress before) {
    byte[] bytes = before.getAddress();
    byte last = bytes[bytes.length - 1];
    do {
      bytes[bytes.length - 1] = (byte) addresses.between(2, 254);
    } while (bytes[bytes.length - 1] == last);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // its length is that of the one before
    }
  }

  /** An end of the link, from where datagrams leave the simulation. */
  private record End(Consumer<Datagram> onArrival) implements Node {
    @Override
    public void receive(Datagram datagram, long nowNanos) {
      onArrival.accept(datagram);
    }

    @Override
    public void onTimeout(long nowNanos) {}

    @Override
    public void transmit(DatagramSink out, long nowNanos) {}

    @Override
    public long deadlineNanos() {
      return NEVER;
    }
  }

  /** Stops at once; what is under way gets lost. */
  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    sockets.forEach(RelaySocket::close);
  }
}
