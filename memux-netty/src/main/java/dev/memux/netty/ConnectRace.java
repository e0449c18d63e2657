package dev.memux.netty;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Connects in one of several ways: the next is tried when one fails or is slow to answer, and
 * whichever is ready first is taken (RFC 8305 §5). The others are given up.
 *
 * @param <C> a way to connect: an address, and perhaps what carries the connection
 * @param <T> a connection
 */
public final class ConnectRace<C, T> {
  /** RFC 8305 §8: how long an attempt has before the next one begins beside it. */
  public static final Duration ATTEMPT_DELAY = Duration.ofMillis(250);

  private final EventExecutor executor;
  private final Queue<C> untried;
  private final Contest<C, T> contest;
  private final Function<List<Failure<C>>, ? extends Throwable> verdict;
  private final CompletableFuture<T> winner = new CompletableFuture<>();
  private final List<Future<T>> running = new ArrayList<>();
  private final List<Failure<C>> failures = new ArrayList<>();
  private @Nullable Future<?> next;

  /** How one connects. Called on the race's executor. */
  public interface Contest<C, T> {
    /** Begins to connect; cancelling the result gives that up. */
    Future<T> connect(C candidate);

    /** Closes a connection that came about when the race was over. */
    void discard(T connection);
  }

  /** One attempt that failed. */
  public record Failure<C>(C candidate, Throwable cause) {}

  /**
   * @param executor a single thread on which everything happens
   * @param candidates in the order in which they are tried; at least one
   * @param verdict what the race fails with when all attempts have, given in the order in which
   *     they did
   */
  public ConnectRace(
      EventExecutor executor,
      List<C> candidates,
      Contest<C, T> contest,
      Function<List<Failure<C>>, ? extends Throwable> verdict) {
    if (candidates.isEmpty()) {
      throw new IllegalArgumentException("nobody runs");
    }
    this.executor = executor;
    this.untried = new ArrayDeque<>(candidates);
    this.contest = contest;
    this.verdict = verdict;
  }

  /**
   * Starts the race; once. Any thread.
   *
   * @return completes on the executor; whoever completes it before that, in any way, ends the race
   */
  public CompletableFuture<T> start() {
    executor.execute(this::attemptNext);
    winner.whenComplete((connection, failure) -> executor.execute(this::giveUpOthers));
    return winner;
  }

  /** IPv6 first, then the families in turn (RFC 8305 §4). */
  public static List<InetAddress> interleaved(List<InetAddress> addresses) {
    List<InetAddress> six = new ArrayList<>();
    List<InetAddress> four = new ArrayList<>();
    for (InetAddress address : addresses) {
      (address.getAddress().length == 16 ? six : four).add(address);
    }
    List<InetAddress> mixed = new ArrayList<>();
    for (int i = 0; i < Math.max(six.size(), four.size()); i++) {
      if (i < six.size()) {
        mixed.add(six.get(i));
      }
      if (i < four.size()) {
        mixed.add(four.get(i));
      }
    }
    return mixed;
  }

  private void attemptNext() {
    if (next != null) {
      next.cancel(false);
      next = null;
    }
    C candidate = winner.isDone() ? null : untried.poll();
    if (candidate == null) {
      return;
    }
    Future<T> attempt = contest.connect(candidate);
    running.add(attempt);
    attempt.addListener((Future<T> done) -> executor.execute(() -> onAttemptDone(candidate, done)));
    if (!untried.isEmpty()) {
      next = executor.schedule(this::attemptNext, ATTEMPT_DELAY.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void onAttemptDone(C candidate, Future<T> attempt) {
    running.remove(attempt);
    if (attempt.isSuccess()) {
      T connection = attempt.getNow();
      if (!winner.complete(connection)) {
        contest.discard(connection);
      }
      return;
    }
    failures.add(new Failure<>(candidate, attempt.cause()));
    if (!untried.isEmpty()) {
      attemptNext();
    } else if (running.isEmpty()) {
      winner.completeExceptionally(verdict.apply(List.copyOf(failures)));
    }
  }

  /** The race is over. Who succeeds in this moment is closed by {@link #onAttemptDone}. */
  private void giveUpOthers() {
    if (next != null) {
      next.cancel(false);
      next = null;
    }
    List.copyOf(running).forEach(attempt -> attempt.cancel(false));
  }
}
