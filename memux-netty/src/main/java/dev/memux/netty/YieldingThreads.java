package dev.memux.netty;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes daemon threads that work behind all others: the kernel runs whoever else wakes up before
 * them. Only Linux has such threads; it lets anyone make them. Elsewhere, or without native access,
 * they are like any other.
 */
final class YieldingThreads implements ThreadFactory {
  /**
   * How much nicer, as Unix calls it, they are than the thread that has made the factory. Beside a
   * thread that never stops, 5 leaves them a quarter of a processor, so that handshakes go on while
   * the loops have all they can do.
   */
  static final int NICER = 5;

  /** Whether there are such threads here. */
  static final boolean AVAILABLE =
      System.getProperty("os.name").equals("Linux")
          && YieldingThreads.class.getModule().isNativeAccessEnabled();

  private static final Logger log = LoggerFactory.getLogger(YieldingThreads.class);

  private final ThreadFactory threads;
  private final int niceness;

  YieldingThreads(String name) {
    threads = new DefaultThreadFactory(name, true);
    niceness = AVAILABLE ? Linux.niceness() + NICER : 0;
  }

  @Override
  public Thread newThread(Runnable task) {
    return AVAILABLE ? threads.newThread(() -> runYielding(task)) : threads.newThread(task);
  }

  private void runYielding(Runnable task) {
    boolean yields = Linux.setNiceness(niceness);
    log.debug("{} {}", Thread.currentThread().getName(), yields ? "yields" : "may not yield");
    task.run();
  }

  /** Two functions of the C library, of which Linux applies both to the calling thread alone. */
  @SuppressWarnings("restricted") // to call the system is what it is for
  private static final class Linux {
    private static final int PRIO_PROCESS = 0;
    private static final int CALLER = 0;

    private static final MethodHandle GETPRIORITY =
        function("getpriority", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SETPRIORITY =
        function("setpriority", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));

    private Linux() {}

    static int niceness() {
      try {
        return (int) GETPRIORITY.invokeExact(PRIO_PROCESS, CALLER);
      } catch (Throwable e) {
        throw new IllegalStateException(e); // it declares none
      }
    }

    /** Beyond 19 it is 19. */
    static boolean setNiceness(int value) {
      try {
        return (int) SETPRIORITY.invokeExact(PRIO_PROCESS, CALLER, value) == 0;
      } catch (Throwable e) {
        throw new IllegalStateException(e); // it declares none
      }
    }

    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }
  }
}
