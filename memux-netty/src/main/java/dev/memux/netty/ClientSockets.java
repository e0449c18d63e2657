package dev.memux.netty;

import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.QuicEndpoint;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The sockets of a client: one per event loop, opened when a connection wants it, shared by all
 * connections of the loop, and closed after the last.
 */
final class ClientSockets implements UdpDriver.Acceptor {
  private static final int ROUTING_KEY_BYTES = 16;

  private final QuicConfig config;
  private final IoTransport transport;
  private final InetSocketAddress local;
  private final ProcessMemory memory;

  /** Each entry is touched only on its loop. */
  private final Map<EventLoop, Future<UdpDriver>> drivers = new ConcurrentHashMap<>();

  ClientSockets(
      QuicConfig config, IoTransport transport, InetSocketAddress local, ProcessMemory memory) {
    this.config = config;
    this.transport = transport;
    this.local = local;
    this.memory = memory;
  }

  /** The driver of {@code loop}; called on that loop, and done there. */
  Future<UdpDriver> driver(EventLoop loop) {
    Future<UdpDriver> known = drivers.get(loop);
    if (known == null) {
      known = open(loop);
      drivers.put(loop, known);
    }
    return known;
  }

  private Future<UdpDriver> open(EventLoop loop) {
    SecureRandom random = new SecureRandom();
    byte[] routingKey = new byte[ROUTING_KEY_BYTES];
    random.nextBytes(routingKey);
    QuicEndpoint endpoint =
        new QuicEndpoint(
            config, null, 0, routingKey, QuicEndpoint.newTokenKeys(random), random, memory);
    UdpDriver driver = new UdpDriver(loop, transport, false, endpoint, 0, this);
    Promise<UdpDriver> opened = loop.newPromise();
    driver
        .bind(local)
        .addListener(
            bound -> {
              if (bound.isSuccess()) {
                opened.setSuccess(driver);
              } else {
                drivers.remove(loop);
                opened.setFailure(bound.cause());
              }
            });
    // Also when the event loop shuts down and closes it.
    driver.transport().closeFuture().addListener(closed -> drivers.remove(loop, opened));
    return opened;
  }

  @Override
  public void onAccept(DrivenConnection connection) {
    throw new IllegalStateException("a client accepts no connections");
  }

  @Override
  public void onIdle(UdpDriver driver) {
    drivers.remove(driver.eventLoop());
    driver.close();
  }
}
