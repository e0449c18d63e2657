package dev.memux.netty;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two system calls that move datagrams, many at a time. An instance belongs to one event loop:
 * the last error stands in it. They may block for as long as the kernel likes, so garbage is
 * collected meanwhile: what they are given is native memory.
 */
@SuppressWarnings("restricted") // native code is what it is for
class DatagramCalls {
  private static final Logger log = LoggerFactory.getLogger(DatagramCalls.class);

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(StructLayout.PathElement.groupElement("errno"));

  private final MemorySegment state = Arena.ofAuto().allocate(STATE);

  /** Linked when first needed, for not every system has them. */
  private static final class Linked {
    static final MethodHandle RECVMMSG =
        function(
            "recvmmsg",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG));
    static final MethodHandle SENDMMSG =
        function(
            "sendmmsg", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT));

    private Linked() {}

    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().findOrThrow(name),
          descriptor,
          Linker.Option.captureCallState("errno"));
    }
  }

  /** Asked once, when the first socket is made. */
  private static final class Availability {
    static final boolean AVAILABLE = test();

    private Availability() {}

    private static boolean test() {
      // Structures are laid out as 64-bit Linux on x86 and ARM has them.
      if (ADDRESS.byteSize() != Long.BYTES || ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
        return false;
      }
      if (!DatagramCalls.class.getModule().isNativeAccessEnabled()) {
        log.info(
            "no native access (--enable-native-access), so Netty's datagram channels it is: without"
                + " ECN, without packet info, slower");
        return false;
      }
      try {
        Socket socket = Socket.newSocketDgram();
        try {
          return works(new DatagramCalls(), socket.intValue());
        } finally {
          socket.close();
        }
      } catch (IOException | RuntimeException | LinkageError e) {
        log.debug("no recvmmsg and sendmmsg here", e);
        return false;
      }
    }

    /** A sandbox may refuse what the C library offers. */
    private static boolean works(DatagramCalls calls, int descriptor) {
      int received = calls.receive(descriptor, 0, 0);
      int sent = calls.send(descriptor, 0, 0);
      log.debug("recvmmsg of nothing: {}, sendmmsg of nothing: {}", received, sent);
      return (received == 0 || received == Errno.EAGAIN) && sent == 0;
    }
  }

  /** Whether the calls are there, and may be used. */
  static boolean isAvailable() {
    return Availability.AVAILABLE;
  }

  /**
   * {@code recvmmsg}, without waiting.
   *
   * @param messages address of {@code count} structures
   * @return how many were filled, or a negative errno
   */
  int receive(int descriptor, long messages, int count) {
    try {
      int received = (int) Linked.RECVMMSG.invokeExact(state, descriptor, messages, count, 0, 0L);
      return received < 0 ? -errno() : received;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * {@code sendmmsg}, without waiting.
   *
   * @param messages address of {@code count} structures
   * @return how many were sent, or the negative errno of the first
   */
  int send(int descriptor, long messages, int count) {
    try {
      int sent = (int) Linked.SENDMMSG.invokeExact(state, descriptor, messages, count, 0);
      return sent < 0 ? -errno() : sent;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private int errno() {
    return (int) ERRNO.get(state, 0L);
  }

  private static RuntimeException unexpected(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
  }
}
