package dev.memux.http;

import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/** Finds out the addresses of hosts. Any thread. */
final class Lookups {
  /**
   * Names that are looked up at a time; others wait. Each takes a thread of the machine while a
   * name server is silent, and who asks for tunnels chooses the names.
   */
  static final int MAX_AT_A_TIME = 64;

  /** By the system's resolver. */
  static final Lookups SYSTEM = new Lookups(InetAddress::getAllByName);

  private final Resolver resolver;
  private final Semaphore free = new Semaphore(MAX_AT_A_TIME);

  /** What knows names; blocks. */
  interface Resolver {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  Lookups(Resolver resolver) {
    this.resolver = resolver;
  }

  /**
   * The host's addresses, at least one; an address is its own. Completes on the loop, or at once;
   * fails with {@link HttpException.Unresolved}.
   */
  CompletableFuture<List<InetAddress>> find(EventLoop loop, String host) {
    if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
      return CompletableFuture.completedFuture(List.of(InetAddress.ofLiteral(host)));
    }
    CompletableFuture<List<InetAddress>> result = new CompletableFuture<>();
    // Resolving blocks; java.net offers nothing else, but remembers for a while.
    Thread.startVirtualThread(() -> resolve(loop, host, result));
    return result;
  }

  private void resolve(EventLoop loop, String host, CompletableFuture<List<InetAddress>> result) {
    free.acquireUninterruptibly();
    try {
      List<InetAddress> addresses = List.of(resolver.resolve(host));
      loop.execute(() -> result.complete(addresses));
    } catch (UnknownHostException e) {
      loop.execute(() -> result.completeExceptionally(new HttpException.Unresolved(host, e)));
    } finally {
      free.release();
    }
  }
}
