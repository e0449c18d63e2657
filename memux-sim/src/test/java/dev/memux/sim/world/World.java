package dev.memux.sim.world;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.mux.MuxStream;
import dev.memux.engine.packet.ConnectionId;
import dev.memux.engine.quic.QuicConnection;
import dev.memux.engine.quic.QuicEndpoint;
import dev.memux.sim.Datagram;
import dev.memux.sim.Link;
import dev.memux.sim.LinkProfile;
import dev.memux.sim.Network;
import dev.memux.sim.Randomness;
import dev.memux.sim.Seed;
import dev.memux.sim.SeededSecureRandom;
import dev.memux.sim.Simulation;
import dev.memux.sim.Trace;
import dev.memux.sim.quic.QuicApplication;
import dev.memux.sim.quic.QuicNode;
import dev.memux.sim.quic.Side;
import dev.memux.sim.quic.TappedConnection;
import dev.memux.sim.quic.TappedPacket;
import dev.memux.sim.quic.TransmitObserver;
import dev.memux.sim.quic.WireTap;
import dev.memux.tls.TlsClientConfig;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One server and its clients, from the first datagram until everybody has forgotten everybody. */
final class World {
  /** Longer than any world may live, in virtual time. */
  private static final long LIMIT_NANOS = 3_600_000_000_000L;

  private static final int SERVER_PORT = 443;
  private static final int FIRST_CLIENT_PORT = 1000;
  private static final int FIRST_VICTIM = 200;
  private static final byte[] ROUTING_KEY = new byte[16];

  private final long seed;
  private final WorldPlan plan;
  private final Simulation simulation;
  private final Network network;
  private final Trace trace;
  private final WireTap tap = new WireTap();
  private final Tally tally = new Tally();
  private final QuicNode server;
  private final Returns returns;
  private final Map<ConnectionId, Conversation> conversations = new HashMap<>();

  /** Those over QUIC. */
  private final List<Conversation> inOrder = new ArrayList<>();

  private final List<Course> courses = new ArrayList<>();

  /** The world of a seed. */
  static World random(long seed) {
    return new World(seed, WorldPlanner.plan(new Seed(seed).split("plan")), null);
  }

  /** The same world over QUIC, whatever carrier its seed stands for. */
  static World overQuic(long seed) {
    return new World(seed, WorldPlanner.planOverQuic(new Seed(seed).split("plan")), null);
  }

  World(long seed, WorldPlan plan, @Nullable Consumer<String> traceLines) {
    this.seed = seed;
    this.plan = plan;
    Seed root = new Seed(seed);
    simulation = new Simulation(plan.startNanos());
    network = new Network(simulation, root.split("network"));
    trace = new Trace(simulation, traceLines, this::describe);
    returns = new Returns(plan, root.split("returns"));
    InetSocketAddress address = Network.address(0, SERVER_PORT);
    QuicEndpoint endpoint =
        new QuicEndpoint(
            plan.serverConfig(),
            returns.server(tap),
            0,
            ROUTING_KEY,
            new SeededSecureRandom(root.split("server")));
    server = new QuicNode("server", address, endpoint, new Applications(Side.SERVER));
    server.observeTransmit(new Transmits());
    server.driver(plan.timerGranularityNanos(), plan.socketDatagrams());
    server.leaveHandshakeWork(plan.handshakeWorkNanos());
    network.attach(server, address);
    network.observe(tap); // Before the trace, which asks it what a datagram holds.
    network.observe(trace);
    network.observe(tally);
    tap.listen(tally);
    for (int i = 0; i < plan.conversations().size(); i++) {
      add(i, plan.conversations().get(i), root.split("client").split(i));
    }
  }

  private void add(int index, WorldPlan.ConversationPlan planned, Seed part) {
    if (plan.qmux() == null) {
      addOverQuic(index, planned, part);
    } else {
      courses.add(
          new QmuxConversation(index, planned, plan, plan.qmux(), simulation, trace, tally, part));
    }
  }

  private void addOverQuic(int index, WorldPlan.ConversationPlan planned, Seed part) {
    Conversation conversation =
        switch (planned.sharing()) {
          case NOTHING, LINK -> withOwnClient(index, planned, part);
          case CLIENT -> inOrder.getFirst().another(index, planned, plan);
        };
    QuicNode client = conversation.node(Side.CLIENT);
    tap.listen(conversation);
    network.observe(conversation);
    inOrder.add(conversation);
    courses.add(conversation);
    TlsClientConfig tls = returns.client(index, tap);
    conversation.remembered(returns.remembered());
    simulation.after(
        planned.connectAfterNanos(),
        () -> {
          long now = simulation.nowNanos();
          QuicConnection connection = client.connect(tls, Tls.SERVER_NAME, server.address(), now);
          conversation.name(connection.originalDcid());
          conversations.put(connection.originalDcid(), conversation);
          conversation.peer(Side.CLIENT).connection(connection);
          network.wake(client);
        });
    addMeddler(planned, conversation, part);
    if (!planned.spoofedAfterNanos().isEmpty()) {
      addSpoofer(index, planned, conversation);
    }
  }

  private Conversation withOwnClient(int index, WorldPlan.ConversationPlan planned, Seed part) {
    InetSocketAddress address = Network.address(1 + index, FIRST_CLIENT_PORT + index);
    QuicEndpoint endpoint =
        new QuicEndpoint(
            plan.clientConfig(),
            null,
            0,
            ROUTING_KEY,
            new SeededSecureRandom(part.split("endpoint")));
    QuicNode client =
        new QuicNode("client " + index, address, endpoint, new Applications(Side.CLIENT));
    client.observeTransmit(new Transmits());
    client.driver(plan.timerGranularityNanos(), plan.socketDatagrams());
    client.leaveHandshakeWork(plan.handshakeWorkNanos());
    network.attach(client, address);
    Link up = lay(address, server.address(), planned.up(), planned.sharing());
    Link down = lay(server.address(), address, planned.down(), planned.sharing());
    Rebindings rebindings = new Rebindings(network, client, server.address(), index, up, down);
    return new Conversation(index, planned, network, trace, plan, client, server, rebindings);
  }

  /** A link of its own, or the first client's in the same direction. */
  private Link lay(
      InetSocketAddress from,
      InetSocketAddress to,
      LinkProfile profile,
      WorldPlan.Sharing sharing) {
    if (sharing == WorldPlan.Sharing.NOTHING) {
      return network.link(from, to, profile);
    }
    InetSocketAddress first = inOrder.getFirst().clientAddress();
    boolean up = to.equals(server.address());
    Link shared = network.link(up ? first : from, up ? to : first);
    if (shared == null) {
      throw new IllegalStateException("the first client has no link");
    }
    network.route(from, to, shared);
    return shared;
  }

  /** Copies get to the server in half the time. */
  private void addSpoofer(
      int index, WorldPlan.ConversationPlan planned, Conversation conversation) {
    InetSocketAddress victim = Network.address(FIRST_VICTIM + index, FIRST_CLIENT_PORT);
    long delayNanos = planned.up().delayNanos() / 2;
    network.link(victim, server.address(), LinkProfile.builder().delayNanos(delayNanos).build());
    Spoofer spoofer = new Spoofer(network, conversation, victim);
    network.observe(spoofer);
    conversation.spoof(spoofer::spoof);
  }

  private void addMeddler(
      WorldPlan.ConversationPlan planned, Conversation conversation, Seed part) {
    if (planned.injections() == 0) {
      return;
    }
    Meddler meddler =
        new Meddler(network, conversation.clientAddress(), server.address(), part.split("meddler"));
    network.observe(meddler);
    Randomness times = part.split("meddling times").random();
    for (int i = 0; i < planned.injections(); i++) {
      long afterNanos = planned.connectAfterNanos() + times.logarithmic(1_000_000, 5_000_000_000L);
      simulation.after(
          afterNanos,
          () -> {
            if (!conversation.isOver()) {
              meddler.meddle();
            }
          });
    }
  }

  /**
   * Lives through it.
   *
   * @return the trace hash
   * @throws Failure if something does not hold
   */
  long run() {
    try {
      boolean ended = simulation.runToEnd(simulation.startNanos() + LIMIT_NANOS);
      if (!ended) {
        throw new Violation(TerminationInvariant.class, "not over after an hour");
      }
      checkEnd();
      return trace.hash();
    } catch (RuntimeException | AssertionError e) {
      for (Course course : courses) {
        course.peer(Side.CLIENT).noteUnfinished();
        course.peer(Side.SERVER).noteUnfinished();
      }
      throw new Failure(seed, simulation.elapsedNanos(), e);
    }
  }

  Tally tally() {
    return tally;
  }

  long elapsedNanos() {
    return simulation.elapsedNanos();
  }

  /** The first client's conversation. */
  Conversation conversation() {
    return inOrder.getFirst();
  }

  /** All of them, in the order in which they were planned. */
  List<Conversation> conversations() {
    return inOrder;
  }

  private void checkEnd() {
    for (Course course : courses) {
      for (Side side : Side.values()) {
        Peer peer = course.peer(side);
        if (peer.closed() != null) {
          tally.count("closed " + peer.closed().origin());
          tally.count("early data " + peer.earlyData());
          if (peer.keyUpdates() > 0) {
            tally.count("keys updated");
          }
        }
        SchedulingInvariant scheduling = course.scheduling(side);
        tally.count("urgencies judged", scheduling.urgenciesJudged());
        tally.count("shares of streams judged", scheduling.streamSharesJudged());
        tally.count("shares of groups judged", scheduling.groupSharesJudged());
        TerminationInvariant.checkPeer(
            side.toString(), peer.connection() != null, peer.closed() != null, peer.isTerminated());
      }
    }
    for (Conversation conversation : inOrder) {
      for (int i = 0; i < conversation.migrations(); i++) {
        tally.count("migrated");
      }
      countVersion(conversation.tapped());
      check(conversation.node(Side.CLIENT));
    }
    check(server);
  }

  private void countVersion(@Nullable TappedConnection tapped) {
    if (tapped != null) {
      tally.count("spoke " + tapped.negotiated());
      if (tapped.isRestarted()) {
        tally.count("began again in another version");
      }
      if (tapped.negotiated() != tapped.begun()) {
        tally.count("changed to " + tapped.negotiated());
      }
    }
  }

  private static void check(QuicNode node) {
    TerminationInvariant.checkNode(
        node.toString(), node.endpoint().connectionCount(), node.deadlineNanos());
  }

  private String describe(Datagram datagram) {
    StringBuilder text = new StringBuilder(datagram.toString());
    for (TappedPacket packet : tap.packets(datagram)) {
      text.append("\n                    ").append(packet);
    }
    return text.toString();
  }

  /** What a world says when something did not hold. */
  static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Failure(long seed, long elapsedNanos, Throwable cause) {
      super(
          """
          seed %d, at %.6f ms: %s
            replay: ./mvnw -q -pl memux-sim -am test -Dtest=WorldsTest \
          -Dsurefire.failIfNoSpecifiedTests=false -Dmemux.sim.seed=%d\
          """
              .formatted(seed, elapsedNanos / 1e6, cause, seed),
          cause);
    }
  }

  /** What runs at one end of all connections. */
  private final class Applications implements QuicApplication {
    private final Side side;

    Applications(Side side) {
      this.side = side;
    }

    @Override
    public void onEvent(QuicConnection connection, ConnectionEvent event, long nowNanos) {
      peer(connection).onEvent(connection, event);
    }

    @Override
    public void onStream(QuicConnection connection, MuxStream stream, int events, long nowNanos) {
      peer(connection).onStream(stream, events);
    }

    @Override
    public void onDatagram(QuicConnection connection, byte[] datagram, long nowNanos) {
      conversation(connection).datagrams().onReceived(side.peer(), datagram);
    }

    private Peer peer(QuicConnection connection) {
      return conversation(connection).peer(side);
    }

    private Conversation conversation(QuicConnection connection) {
      Conversation conversation = conversations.get(connection.originalDcid());
      if (conversation == null) {
        conversation = restarted(connection.originalDcid());
      }
      if (conversation == null) {
        throw new Violation(World.class, "connection from nowhere: " + connection.remote());
      }
      return conversation;
    }
  }

  /** The one whose client has begun again with that name. */
  private @Nullable Conversation restarted(ConnectionId name) {
    for (Conversation conversation : inOrder) {
      if (conversation.peer(Side.CLIENT).connection() instanceof QuicConnection client
          && client.originalDcid().equals(name)) {
        conversation.alsoNamed(name);
        conversations.put(name, conversation);
        return conversation;
      }
    }
    return null;
  }

  private final class Transmits implements TransmitObserver {
    @Override
    public void beforeTransmit(QuicConnection connection, long nowNanos) {
      inOrder.forEach(c -> c.beforeTransmit(connection, nowNanos));
    }

    @Override
    public void afterTransmit(QuicConnection connection, long nowNanos) {
      inOrder.forEach(c -> c.afterTransmit(connection, nowNanos));
    }
  }
}
