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
import org.jspecify.annotations.Nullable;

/**
 * The sockets of a client: one per event loop and peer, opened when a connection wants it, shared
 * by all connections from that loop to that peer, and closed after the last.
 *
 * <p>They are connected sockets, because only those are told when nobody listens at the other end.
 * A client with a fixed local port can have but one socket per loop, for all peers, and is not
 * told.
 */
final class ClientSockets {
  private static final int ROUTING_KEY_BYTES = 16;

  private final QuicConfig config;
  private final IoTransport transport;
  private final InetSocketAddress local;
  private final ProcessMemory memory;

  /** Each entry is touched only on its loop. */
  private final Map<Key, Future<UdpDriver>> drivers = new ConcurrentHashMap<>();

  /** {@code remote}: null where the socket is for all peers. */
  private record Key(EventLoop loop, @Nullable InetSocketAddress remote) {}

  ClientSockets(
      QuicConfig config, IoTransport transport, InetSocketAddress local, ProcessMemory memory) {
    this.config = config;
    this.transport = transport;
    this.local = local;
    this.memory = memory;
  }

  /** The driver of {@code loop} for {@code remote}; called on that loop, and done there. */
  Future<UdpDriver> driver(EventLoop loop, InetSocketAddress remote) {
    Key key = new Key(loop, local.getPort() == 0 ? remote : null);
    Future<UdpDriver> known = drivers.get(key);
    if (known == null) {
      known = open(key);
      drivers.put(key, known);
    }
    return known;
  }

  private Future<UdpDriver> open(Key key) {
    EventLoop loop = key.loop();
    SecureRandom random = new SecureRandom();
    byte[] routingKey = new byte[ROUTING_KEY_BYTES];
    random.nextBytes(routingKey);
    QuicEndpoint endpoint =
        new QuicEndpoint(
            UdpChannels.feasible(config, transport),
            null,
            0,
            routingKey,
            QuicEndpoint.newTokenKeys(random),
            PacketCiphers.newProtection(),
            random,
            memory);
    UdpDriver driver = new UdpDriver(loop, transport, false, endpoint, 0, new Lifetime(key));
    Promise<UdpDriver> opened = loop.newPromise();
    driver
        .bind(local, key.remote())
        .addListener(
            bound -> {
              if (bound.isSuccess()) {
                opened.setSuccess(driver);
              } else {
                drivers.remove(key);
                opened.setFailure(bound.cause());
              }
            });
    // Also when the event loop shuts down and closes it.
    driver.transport().closeFuture().addListener(closed -> drivers.remove(key, opened));
    return opened;
  }

  /** A socket is closed after its last connection. */
  private final class Lifetime implements UdpDriver.Acceptor {
    private final Key key;

    Lifetime(Key key) {
      this.key = key;
    }

    @Override
    public void onAccept(DrivenConnection connection) {
      throw new IllegalStateException("a client accepts no connections");
    }

    @Override
    public void onIdle(UdpDriver driver) {
      drivers.remove(key);
      driver.close();
    }
  }
}
