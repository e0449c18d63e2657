package dev.memux.session;

import static dev.memux.session.Loopback.awaitParked;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A thread in a call that blocks, and is to fail. */
record Blocked(Thread thread, CompletableFuture<Throwable> outcome) {
  interface Call {
    void run() throws Exception;
  }

  static Blocked in(Call call) {
    CompletableFuture<Throwable> outcome = new CompletableFuture<>();
    Thread thread =
        Thread.startVirtualThread(
            () -> {
              try {
                call.run();
                outcome.completeExceptionally(new AssertionError("it did not fail"));
              } catch (Throwable e) {
                outcome.complete(e);
              }
            });
    awaitParked(thread);
    return new Blocked(thread, outcome);
  }

  <T extends Throwable> T failure(Class<T> type) throws Exception {
    return assertInstanceOf(type, outcome.get(Loopback.PATIENCE_SECONDS, TimeUnit.SECONDS));
  }
}
