package dev.memux.bench;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Netty's futures as the JDK's. */
final class NettyFutures {
  private static final long PATIENCE_SECONDS = 5;

  private NettyFutures() {}

  /** Ends event loops that nobody needs any more. */
  static void shutdown(EventLoopGroup group) {
    group.shutdownGracefully(0, PATIENCE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** Completes on the thread on which {@code future} tells its listeners. */
  static <T> CompletableFuture<T> of(Future<T> future) {
    CompletableFuture<T> same = new CompletableFuture<>();
    future.addListener(
        (Future<T> done) -> {
          if (done.isSuccess()) {
            same.complete(done.getNow());
          } else {
            same.completeExceptionally(done.cause());
          }
        });
    return same;
  }
}
