package dev.memux.lab;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A network stack of its own (Linux, {@code network_namespaces(7)}): interfaces, addresses, routes
 * and ports that the rest of the machine does not see. It goes when it is closed and the last
 * process or socket in it is gone. Any thread may call it.
 *
 * <p>Threads are in a namespace one by one, and what a thread opens or starts is in its namespace:
 * sockets are made in {@link #call}, processes with {@link #start}, event loops on threads of
 * {@link #threadFactory}.
 */
public final class NetworkNamespace implements AutoCloseable {
  private final int descriptor;

  private NetworkNamespace(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Makes a namespace with nothing but a loopback interface, which is up.
   *
   * @throws IOException where that is not allowed (it takes CAP_SYS_ADMIN) or not known
   */
  public static NetworkNamespace create() throws IOException {
    NetworkNamespace created =
        onThreadOfItsOwn(
            () -> {
              SystemCalls system = new SystemCalls();
              system.unshare(SystemCalls.CLONE_NEWNET);
              return new NetworkNamespace(
                  system.open(
                      "/proc/thread-self/ns/net", SystemCalls.O_RDONLY | SystemCalls.O_CLOEXEC));
            });
    try {
      created.ip("link", "set", "lo", "up");
      return created;
    } catch (IOException e) {
      created.close();
      throw e;
    }
  }

  /** Runs {@code action} on a thread inside, and waits for it. */
  public <T> T call(Callable<T> action) throws IOException {
    return onThreadOfItsOwn(
        () -> {
          enter();
          return action.call();
        });
  }

  /** Starts a process inside. */
  public Process start(ProcessBuilder command) throws IOException {
    return call(command::start);
  }

  /** Makes threads that are inside from their first instruction on. */
  public ThreadFactory threadFactory() {
    return task ->
        new Thread(
            () -> {
              try {
                enter();
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
              task.run();
            });
  }

  /** Moves the calling thread inside, for good. */
  private void enter() throws IOException {
    new SystemCalls().setNamespace(descriptor, SystemCalls.CLONE_NEWNET);
  }

  /** Runs iproute2's {@code ip} inside. */
  void ip(String... arguments) throws IOException {
    List<String> command = Stream.concat(Stream.of("ip"), Stream.of(arguments)).toList();
    Process process = start(new ProcessBuilder(command).redirectErrorStream(true));
    try {
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + ": " + output);
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  @Override
  public void close() {
    new SystemCalls().close(descriptor);
  }

  private static <T> T onThreadOfItsOwn(Callable<T> action) throws IOException {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("memux-lab-namespace")
        .start(
            () -> {
              try {
                result.complete(action.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    try {
      return result.get();
    } catch (InterruptedException e) {
      throw interrupted(e);
    } catch (ExecutionException e) {
      throw asIoException(e.getCause());
    }
  }

  private static IOException asIoException(@Nullable Throwable cause) {
    return cause instanceof IOException failure ? failure : new IOException(cause);
  }

  private static IOException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IOException("interrupted", e);
  }
}
