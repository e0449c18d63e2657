package dev.memux.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.netty.IoTransport;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many names are looked up at a time. */
@Timeout(30)
final class LookupsTest {
  private static final InetAddress ADDRESS = InetAddress.ofLiteral("192.0.2.1");

  @Test
  void namesBeyondTheLimitWaitForTheOthers() throws Exception {
    EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);
    AtomicInteger running = new AtomicInteger();
    Semaphore begun = new Semaphore(0);
    Semaphore answers = new Semaphore(0);
    Lookups lookups =
        new Lookups(
            host -> {
              running.incrementAndGet();
              begun.release();
              answers.acquireUninterruptibly();
              running.decrementAndGet();
              return new InetAddress[] {ADDRESS};
            });
    try {
      int count = Lookups.MAX_AT_A_TIME + 20;
      List<CompletableFuture<List<InetAddress>>> results = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        results.add(lookups.find(group.next(), "name" + i + ".example"));
      }
      begun.acquire(Lookups.MAX_AT_A_TIME);
      assertEquals(Lookups.MAX_AT_A_TIME, running.get());
      // An address is not looked up, so it does not wait either.
      assertEquals(List.of(ADDRESS), lookups.find(group.next(), "192.0.2.1").getNow(List.of()));
      answers.release();
      begun.acquire();
      answers.release(count - 1);
      for (CompletableFuture<List<InetAddress>> result : results) {
        assertEquals(List.of(ADDRESS), result.get(10, TimeUnit.SECONDS));
      }
    } finally {
      group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
  }
}
