package dev.memux.cli;

import dev.memux.engine.schedule.Priority;
import dev.memux.http.Tunnel;
import dev.memux.http.TunnelClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A port whose connections go through tunnels, each on virtual threads of its own. Any thread may
 * close it.
 */
final class TunnelListener implements AutoCloseable {
  /** Connections that the kernel holds for us until we take them. */
  private static final int BACKLOG = 1024;

  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final ServerSocket listener;
  private final PortForward forward;
  private final TunnelClient client;
  private final Priority priority;
  private final Consumer<String> report;
  private final Set<SocketBridge> bridges = ConcurrentHashMap.newKeySet();

  /** One party for the listener, one for each connection. */
  private final Phaser open = new Phaser(1);

  private final Thread acceptor;

  private TunnelListener(
      ServerSocket listener,
      PortForward forward,
      TunnelClient client,
      Priority priority,
      Consumer<String> report) {
    this.listener = listener;
    this.forward = forward;
    this.client = client;
    this.priority = priority;
    this.report = report;
    acceptor =
        Thread.ofPlatform()
            .daemon()
            .name("memux-tunnel-" + listener.getLocalPort())
            .unstarted(this::accept);
  }

  /**
   * Listens.
   *
   * @param report is told, from any thread, of each connection that could not be made, and why
   * @throws IOException if it cannot
   */
  static TunnelListener open(
      PortForward forward, TunnelClient client, Priority priority, Consumer<String> report)
      throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.bind(forward.listen(), BACKLOG);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
    TunnelListener opened = new TunnelListener(socket, forward, client, priority, report);
    opened.acceptor.start();
    return opened;
  }

  InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  PortForward forward() {
    return forward;
  }

  private void accept() {
    try {
      acceptUntilClosed();
    } finally {
      open.arriveAndDeregister();
    }
  }

  private void acceptUntilClosed() {
    while (!listener.isClosed()) {
      try {
        Socket connection = listener.accept();
        open.register();
        Thread.startVirtualThread(() -> serve(connection));
      } catch (IOException e) {
        if (!listener.isClosed()) {
          report.accept(address().getPort() + ": " + e.getMessage());
          LockSupport.parkNanos(RETRY_NANOS); // no descriptor is left, and one may be soon
        }
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      connection.setTcpNoDelay(true);
      SocketBridge bridge = new SocketBridge(connection, tunnel(connection));
      bridges.add(bridge);
      try {
        bridge.run();
      } finally {
        bridges.remove(bridge);
      }
    } catch (IOException e) {
      report.accept(forward.listen().getPort() + " to " + forward.target() + ": " + e.getMessage());
    } finally {
      open.arriveAndDeregister();
    }
  }

  private Tunnel tunnel(Socket connection) throws IOException {
    try {
      return client.connect(forward.target(), priority, null);
    } catch (IOException e) {
      SocketBridge.reset(connection); // an end would look like an answer
      throw e;
    }
  }

  /**
   * Accepts no more: when it returns, the port refuses connections. The kernel goes on listening
   * for as long as a thread is still inside {@code accept}, so that this one is waited for.
   */
  void stop() throws InterruptedException {
    closeListener();
    acceptor.join();
  }

  private void closeListener() {
    if (listener.isClosed()) {
      return;
    }
    try {
      listener.close();
    } catch (IOException e) {
      throw new IllegalStateException(e); // it has nothing to flush
    }
  }

  /** How many connections there are. */
  int connections() {
    return bridges.size();
  }

  /**
   * After {@link #stop}: waits until all connections are over.
   *
   * @return false: the time was up before
   */
  boolean awaitEnd(long nanos) throws InterruptedException {
    try {
      open.awaitAdvanceInterruptibly(0, nanos, TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  /** Accepts no more, and breaks off what is open. */
  @Override
  public void close() {
    closeListener();
    bridges.forEach(SocketBridge::breakOff);
  }
}
