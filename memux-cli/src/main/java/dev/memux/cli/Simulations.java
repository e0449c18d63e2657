package dev.memux.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs simulations that do not depend on each other, one on each processor. */
final class Simulations {
  private Simulations() {}

  /** The results, in the same order. */
  static <T> List<T> run(List<Callable<T>> simulations) throws InterruptedException {
    int processors = Runtime.getRuntime().availableProcessors();
    try (ExecutorService workers = Executors.newFixedThreadPool(processors)) {
      List<Future<T>> running = new ArrayList<>();
      for (Callable<T> simulation : simulations) {
        running.add(workers.submit(simulation));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> one : running) {
        results.add(one.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }
}
