package dev.memux.lab;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The C library's functions for what Java has no API for. Descriptors are plain numbers, as in C.
 * One instance belongs to one thread: the last error stands in it.
 */
@SuppressWarnings("restricted") // native code is what it is for
final class SystemCalls {
  static final int O_RDONLY = 0;
  static final int O_RDWR = 2;
  static final int O_NONBLOCK = 0x800;
  static final int O_CLOEXEC = 0x80000;
  static final int CLONE_NEWNET = 0x4000_0000;
  static final short POLLIN = 1;

  private static final int EINTR = 4;
  private static final int EAGAIN = 11;
  private static final int EINVAL = 22;
  private static final int PR_SET_TIMERSLACK = 29;
  private static final int SCHED_FIFO = 1;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO_FIELD =
      STATE.varHandle(StructLayout.PathElement.groupElement("errno"));

  private static final MethodHandle OPEN =
      function("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), 2);
  private static final MethodHandle CLOSE =
      function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle IOCTL =
      function("ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), 2);
  private static final MethodHandle UNSHARE =
      function("unshare", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle SETNS =
      function("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle READ =
      function("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle WRITE =
      function("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle PPOLL =
      function("ppoll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));
  private static final MethodHandle PRCTL =
      function("prctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG), 1);
  private static final MethodHandle SCHED_SETSCHEDULER =
      function("sched_setscheduler", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle STRERROR =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("strerror"), FunctionDescriptor.of(ADDRESS, JAVA_INT));

  private static final int LONGEST_ERROR_TEXT = 256;

  private final MemorySegment state = Arena.ofAuto().allocate(STATE);

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, ERRNO);
  }

  private static MethodHandle function(
      String name, FunctionDescriptor descriptor, int fixedParameters) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        descriptor,
        ERRNO,
        Linker.Option.firstVariadicArg(fixedParameters));
  }

  int open(String path, int flags) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int descriptor = (int) OPEN.invokeExact(state, arena.allocateFrom(path), flags);
      return check(descriptor, path);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  void close(int descriptor) {
    try {
      int ignored = (int) CLOSE.invokeExact(state, descriptor);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  void ioctl(int descriptor, long request, MemorySegment argument, String what) throws IOException {
    try {
      check((int) IOCTL.invokeExact(state, descriptor, request, argument), what);
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Gives the calling thread namespaces of its own. */
  void unshare(int flags) throws IOException {
    try {
      check((int) UNSHARE.invokeExact(state, flags), "a network namespace");
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Moves the calling thread into a namespace. */
  void setNamespace(int descriptor, int type) throws IOException {
    try {
      check((int) SETNS.invokeExact(state, descriptor, type), "the network namespace");
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Bytes read; -1 if there is nothing now. */
  int read(int descriptor, MemorySegment target) throws IOException {
    try {
      long length = (long) READ.invokeExact(state, descriptor, target, target.byteSize());
      return transferred(length, "read");
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Bytes written; -1 if there is no room now, or the receiver refuses what it was given. */
  int write(int descriptor, MemorySegment source, long length) throws IOException {
    try {
      long written = (long) WRITE.invokeExact(state, descriptor, source, length);
      return written < 0 && errno() == EINVAL ? -1 : transferred(written, "write");
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /** Waits until a descriptor of {@code pollfds} is ready, or for {@code timeout}, a timespec. */
  void poll(MemorySegment pollfds, int count, MemorySegment timeout) throws IOException {
    try {
      int ready =
          (int) PPOLL.invokeExact(state, pollfds, (long) count, timeout, MemorySegment.NULL);
      if (ready < 0 && errno() != EINTR) {
        throw new IOException("ppoll: " + errorText());
      }
    } catch (Throwable e) {
      throw rethrow(e);
    }
  }

  /**
   * Makes the calling thread run as soon as it is due, whatever else the machine does. Where that
   * is not allowed it runs like any other.
   *
   * @return whether it is allowed
   */
  boolean becomePunctual(int priority) {
    try (Arena arena = Arena.ofConfined()) {
      int slack = (int) PRCTL.invokeExact(state, PR_SET_TIMERSLACK, 1L);
      MemorySegment parameters = arena.allocateFrom(JAVA_INT, priority);
      int scheduled = (int) SCHED_SETSCHEDULER.invokeExact(state, 0, SCHED_FIFO, parameters);
      return slack >= 0 && scheduled >= 0;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private int check(int result, String what) throws IOException {
    if (result < 0) {
      throw new IOException(what + ": " + errorText());
    }
    return result;
  }

  private int transferred(long length, String what) throws IOException {
    if (length >= 0) {
      return (int) length;
    }
    if (errno() == EAGAIN || errno() == EINTR) {
      return -1;
    }
    throw new IOException(what + ": " + errorText());
  }

  private int errno() {
    return (int) ERRNO_FIELD.get(state, 0L);
  }

  private String errorText() {
    try {
      MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno());
      return text.reinterpret(LONGEST_ERROR_TEXT).getString(0);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static IOException rethrow(Throwable e) {
    if (e instanceof IOException failure) {
      return failure;
    }
    throw unexpected(e);
  }

  private static RuntimeException unexpected(Throwable e) {
    if (e instanceof RuntimeException unchecked) {
      return unchecked;
    }
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(e);
  }
}
