package dev.memux.engine.quic;

import dev.memux.engine.ConnectionEvent;
import dev.memux.engine.recovery.Recovery;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.random.RandomGenerator;

/** What a change of path brings about in a connection's other parts. */
final class PathSteps implements Paths.Listener {
  private final QuicConnection connection;
  private final QuicConfig config;
  private final ConnectionIdRegistry registry;
  private final Queue<ConnectionEvent> events;
  private final RandomGenerator random;

  PathSteps(
      QuicConnection connection,
      QuicConfig config,
      ConnectionIdRegistry registry,
      Queue<ConnectionEvent> events,
      RandomGenerator random) {
    this.connection = connection;
    this.config = config;
    this.registry = registry;
    this.events = events;
    this.random = random;
  }

  @Override
  public long ptoNanos() {
    return connection.ptoNanos();
  }

  @Override
  public void onPathSwitched(long nowNanos) {
    connection.recovery().onPathSwitched(nowNanos);
    connection.transmitter().updateAmplificationLimit(nowNanos);
  }

  @Override
  public void onNewPath(long roundTripNanos, long nowNanos) {
    Recovery recovery = connection.recovery();
    recovery.onNewPath(
        config.congestion().newController(config.datagramBytes(), random),
        roundTripNanos,
        nowNanos);
  }

  @Override
  public void onPeerMigrated(InetSocketAddress remote, long nowNanos) {
    // RFC 9000 §9.3: the token that it has is for the address before.
    connection
        .outgoing()
        .addNewToken(registry.addressToken(connection.version().current(), remote, nowNanos));
    events.add(new ConnectionEvent.PeerMigrated(remote));
  }

  @Override
  public void onMoved(long nowNanos) {
    connection.outgoing().addPing(); // RFC 9000 §9.2: a packet that is no probe says so
  }
}
