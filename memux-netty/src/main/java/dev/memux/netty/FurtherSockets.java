package dev.memux.netty;

import dev.memux.engine.quic.MigrationStart;
import dev.memux.engine.quic.PathEvent;
import dev.memux.engine.wire.PreferredAddress;
import io.netty.channel.ChannelFuture;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of a driver besides its first one, by the numbers that the engine knows them by: a
 * server's at its preferred addresses, and those that clients have moved to (RFC 9000 §9). A
 * client's belongs to one connection and is closed when that has left it. On the event loop.
 */
final class FurtherSockets {
  private final UdpDriver driver;
  private final IoTransport transport;
  private final boolean shared;
  private final Map<Integer, Further> sockets = new HashMap<>();
  private int lastNumber;

  FurtherSockets(UdpDriver driver, IoTransport transport, boolean shared) {
    this.driver = driver;
    this.transport = transport;
    this.shared = shared;
  }

  /** One of them. */
  private final class Further implements UdpSocket.Receiver {
    final int number = ++lastNumber;
    final UdpSocket socket = UdpSocket.open(transport, shared, this);

    /** null: a server's */
    final @Nullable DrivenConnection owner;

    /** Waits for the connection to come here. */
    @Nullable Promise<InetSocketAddress> moved;

    Further(@Nullable DrivenConnection owner, @Nullable Promise<InetSocketAddress> moved) {
      this.owner = owner;
      this.moved = moved;
      sockets.put(number, this);
    }

    InetSocketAddress local() {
      return (InetSocketAddress) socket.channel().localAddress();
    }

    void onMoved() {
      Promise<InetSocketAddress> waiting = moved;
      moved = null;
      if (waiting != null) {
        waiting.trySuccess(local());
      }
    }

    void close(Throwable why) {
      sockets.remove(number);
      socket.channel().close();
      Promise<InetSocketAddress> waiting = moved;
      moved = null;
      if (waiting != null) {
        waiting.tryFailure(why);
      }
    }

    @Override
    public void onDatagrams(
        InetSocketAddress sender,
        byte[] buffer,
        int offset,
        int length,
        int segmentBytes,
        int ecn) {
      driver.onDatagrams(number, sender, buffer, offset, length, segmentBytes, ecn);
    }

    @Override
    public void onReadComplete() {
      driver.onReadComplete();
    }

    @Override
    public void onWritable() {
      driver.onWritable();
    }

    @Override
    public void onUnreachable() {
      // No path is given up for what anybody may have sent (RFC 9000 §14.2.1).
    }
  }

  /** Binds a socket at one of a server's preferred addresses. */
  ChannelFuture bind(InetSocketAddress local) {
    return new Further(null, null).socket.bind(driver.eventLoop(), local, null);
  }

  /** The socket of that number; null: it is closed, and what was to leave by it is lost. */
  @Nullable UdpSocket get(int number) {
    Further further = sockets.get(number);
    return further == null ? null : further.socket;
  }

  void flush() {
    sockets.values().forEach(further -> further.socket.flush());
  }

  boolean areWritable() {
    for (Further further : sockets.values()) {
      if (!further.socket.isWritable()) {
        return false;
      }
    }
    return true;
  }

  // What clients do.

  /** Has a connection try a socket that is bound to {@code local}, and go on from there. */
  Future<InetSocketAddress> migrate(DrivenConnection c, InetSocketAddress local) {
    Promise<InetSocketAddress> moved = driver.eventLoop().newPromise();
    if (c.removed || c.connection.isServer()) {
      return moved.setFailure(MigrationException.refused(MigrationStart.NOT_CONFIRMED));
    }
    InetSocketAddress remote = c.remote();
    Further further = new Further(c, moved);
    further
        .socket
        .bind(driver.eventLoop(), local, remote)
        .addListener(
            bound -> {
              if (!bound.isSuccess()) {
                further.close(bound.cause());
              } else if (moved.isDone()) {
                further.close(MigrationException.overtaken());
              } else {
                move(c, further);
              }
            });
    return moved;
  }

  private void move(DrivenConnection c, Further further) {
    boolean otherHost = isOtherHost(c, further.local().getAddress());
    MigrationStart start =
        c.connection.migration().migrate(further.number, otherHost, driver.nowNanos());
    if (start == MigrationStart.NOT_CONFIRMED) {
      Runnable before = c.onProgress;
      c.onProgress =
          () -> {
            if (before != null) {
              before.run();
            }
            move(c, further);
          };
    } else {
      onStarted(further, c, start);
    }
  }

  private static boolean isOtherHost(DrivenConnection c, InetAddress next) {
    InetSocketAddress before = c.local();
    return before == null || !before.getAddress().equals(next);
  }

  private void onStarted(Further further, DrivenConnection c, MigrationStart start) {
    if (start == MigrationStart.STARTED) {
      driver.wake(c);
    } else {
      further.close(MigrationException.refused(start));
    }
  }

  /** Sees to what has come of a client's paths. */
  void onPathEvents(DrivenConnection c) {
    Runnable waiting = c.onProgress;
    if (waiting != null) {
      c.onProgress = null;
      waiting.run();
    }
    for (PathEvent event; (event = c.connection.migration().pollEvent()) != null; ) {
      switch (event) {
        case PathEvent.Validated path -> onValidated(c, path);
        case PathEvent.Failed path -> close(path.socket(), MigrationException.failed(c.remote()));
        case PathEvent.Left path -> {
          if (path.socket() != c.connection.socket()) {
            close(path.socket(), MigrationException.overtaken());
          }
        }
        case PathEvent.PreferredAddressOffered offer -> goTo(c, offer.address());
      }
    }
  }

  private void onValidated(DrivenConnection c, PathEvent.Validated path) {
    Further further = sockets.get(path.socket());
    if (path.inUse()) {
      c.movedTo(further == null ? null : further.local());
      if (further != null) {
        further.onMoved();
      }
    }
  }

  /** The server would rather be talked to elsewhere, to where our socket is not connected. */
  private void goTo(DrivenConnection c, PreferredAddress address) {
    InetSocketAddress remote = address.ofFamily(c.remote().getAddress());
    InetSocketAddress here = c.local();
    if (remote == null || here == null) {
      return;
    }
    Further further = new Further(c, null);
    InetSocketAddress local = new InetSocketAddress(here.getAddress(), 0);
    further
        .socket
        .bind(driver.eventLoop(), local, remote)
        .addListener(
            bound -> {
              if (!bound.isSuccess() || c.removed) {
                further.close(MigrationException.overtaken());
              } else {
                MigrationStart start =
                    c.connection
                        .migration()
                        .migrateToPreferred(further.number, remote, driver.nowNanos());
                onStarted(further, c, start);
              }
            });
  }

  private void close(int number, Throwable why) {
    Further further = sockets.get(number);
    if (further != null) {
      further.close(why);
    }
  }

  /** The connection is gone. */
  void forget(DrivenConnection c) {
    for (Further further : List.copyOf(sockets.values())) {
      if (further.owner == c) {
        further.close(MigrationException.overtaken());
      }
    }
  }

  void close() {
    List.copyOf(sockets.values()).forEach(f -> f.close(MigrationException.overtaken()));
  }
}
