package dev.memux.netty;

import dev.memux.engine.quic.MigrationPolicy;
import dev.memux.engine.quic.QuicConfig;
import dev.memux.engine.quic.QuicEndpoint;
import dev.memux.tls.KeyRing;
import dev.memux.tls.TlsServerConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of a server, all bound to one address: one for each event loop on epoll, where the
 * kernel spreads connections among them (SO_REUSEPORT); a single one with NIO. Any thread.
 */
final class ServerSockets implements BoundSockets {
  /** Loops that connection IDs can tell apart. */
  private static final int MAX_LOOPS = 256;

  private final InetSocketAddress localAddress;
  private final List<UdpDriver> drivers;
  private final Promise<Void> closed = GlobalEventExecutor.INSTANCE.newPromise();

  private ServerSockets(InetSocketAddress localAddress, List<UdpDriver> drivers) {
    this.localAddress = localAddress;
    this.drivers = List.copyOf(drivers);
  }

  /**
   * Binds; fails with the socket's exception when the address cannot be bound.
   *
   * @param routingKey null: a random one
   */
  static Future<ServerSockets> bind(
      EventLoopGroup group,
      QuicConfig config,
      TlsServerConfig tls,
      byte @Nullable [] routingKey,
      ProcessMemory memory,
      InetSocketAddress local,
      UdpDriver.Acceptor acceptor) {
    List<UdpDriver> drivers = newDrivers(group, config, tls, routingKey, memory, acceptor);
    Promise<ServerSockets> promise = GlobalEventExecutor.INSTANCE.newPromise();
    bind(drivers, 0, local, preferred(config.migration()), promise);
    return promise;
  }

  private static List<UdpDriver> newDrivers(
      EventLoopGroup group,
      QuicConfig config,
      TlsServerConfig tls,
      byte @Nullable [] routingKey,
      ProcessMemory memory,
      UdpDriver.Acceptor acceptor) {
    IoTransport transport = IoTransport.of(group);
    List<EventLoop> loops = chooseLoops(group, transport);
    SecureRandom random = new SecureRandom();
    byte[] key = routingKey == null ? randomKey(random) : routingKey;
    KeyRing tokenKeys = QuicEndpoint.newTokenKeys(random);
    QuicConfig feasible = UdpChannels.feasible(config, transport);
    List<UdpDriver> drivers = new ArrayList<>();
    for (EventLoop loop : loops) {
      int index = drivers.size();
      QuicEndpoint endpoint =
          new QuicEndpoint(
              feasible,
              tls,
              index,
              key,
              tokenKeys,
              PacketCiphers.newProtection(),
              new SecureRandom(),
              memory);
      // A preferred address may have the same port as a socket for all addresses.
      boolean shared = loops.size() > 1 || config.migration().hasPreferredAddress();
      drivers.add(new UdpDriver(loop, transport, shared, endpoint, index, acceptor));
    }
    drivers.forEach(driver -> driver.peers(drivers));
    return drivers;
  }

  private static byte[] randomKey(SecureRandom random) {
    byte[] key = new byte[QuicEndpoint.ROUTING_KEY_BYTES];
    random.nextBytes(key);
    return key;
  }

  private static List<EventLoop> chooseLoops(EventLoopGroup group, IoTransport transport) {
    List<EventLoop> chosen = new ArrayList<>();
    switch (transport) {
      case EPOLL -> {
        for (EventExecutor loop : group) {
          if (chosen.size() < MAX_LOOPS) {
            chosen.add((EventLoop) loop);
          }
        }
      }
      case NIO -> chosen.add(group.next());
    }
    return chosen;
  }

  /** Binds one socket after the other, because the first decides the port. */
  private static void bind(
      List<UdpDriver> drivers,
      int next,
      InetSocketAddress address,
      List<InetSocketAddress> preferred,
      Promise<ServerSockets> promise) {
    UdpDriver driver = drivers.get(next);
    bindAll(driver, address, preferred)
        .addListener(
            bound -> {
              InetSocketAddress local = driver.local();
              if (!bound.isSuccess() || local == null) {
                drivers.forEach(each -> each.eventLoop().execute(each::close));
                promise.setFailure(bound.cause());
              } else if (next + 1 < drivers.size()) {
                bind(drivers, next + 1, local, preferred, promise);
              } else if (!promise.trySuccess(new ServerSockets(local, drivers))) {
                drivers.forEach(each -> each.eventLoop().execute(each::close)); // cancelled
              }
            });
  }

  /** All sockets of one driver, one after the other, as their numbers follow from it. */
  private static Future<Void> bindAll(
      UdpDriver driver, InetSocketAddress address, List<InetSocketAddress> preferred) {
    Promise<Void> all = driver.eventLoop().newPromise();
    driver.bind(address).addListener(first -> bindPreferred(driver, first, preferred, all));
    return all;
  }

  private static void bindPreferred(
      UdpDriver driver,
      Future<? super Void> before,
      List<InetSocketAddress> left,
      Promise<Void> all) {
    if (!before.isSuccess()) {
      all.setFailure(before.cause());
    } else if (left.isEmpty()) {
      all.setSuccess(null);
    } else {
      driver
          .bindPreferred(left.getFirst())
          .addListener(bound -> bindPreferred(driver, bound, left.subList(1, left.size()), all));
    }
  }

  private static List<InetSocketAddress> preferred(MigrationPolicy policy) {
    return Stream.of(policy.preferredV4(), policy.preferredV6()).filter(Objects::nonNull).toList();
  }

  @Override
  public InetSocketAddress localAddress() {
    return localAddress;
  }

  /** One for each socket. */
  List<UdpDriver> drivers() {
    return drivers;
  }

  @Override
  public int socketCount() {
    return drivers.size();
  }

  @Override
  public Future<Void> reload(TlsServerConfig tls) {
    Promise<Void> done = GlobalEventExecutor.INSTANCE.newPromise();
    AtomicInteger waiting = new AtomicInteger(drivers.size());
    for (UdpDriver driver : drivers) {
      driver
          .eventLoop()
          .execute(
              () -> {
                driver.reload(tls);
                if (waiting.decrementAndGet() == 0) {
                  done.setSuccess(null);
                }
              });
    }
    return done;
  }

  @Override
  public void stopAccepting() {
    for (UdpDriver driver : drivers) {
      execute(driver, driver::stopAccepting);
    }
  }

  @Override
  public Future<Void> close() {
    AtomicInteger open = new AtomicInteger(drivers.size());
    Runnable onClosed =
        () -> {
          if (open.decrementAndGet() == 0) {
            closed.trySuccess(null);
          }
        };
    for (UdpDriver driver : drivers) {
      Runnable close =
          () -> {
            driver.close();
            driver.transport().closeFuture().addListener(done -> onClosed.run());
          };
      if (!execute(driver, close)) {
        onClosed.run();
      }
    }
    return closed;
  }

  /** Returns false if the event loop has ended, and closed its sockets so. */
  private static boolean execute(UdpDriver driver, Runnable task) {
    try {
      driver.eventLoop().execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  @Override
  public Future<Void> closeFuture() {
    return closed;
  }
}
