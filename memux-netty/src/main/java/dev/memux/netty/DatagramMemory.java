package dev.memux.netty;

import io.netty.channel.EventLoop;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the {@link LinuxUdpSocket}s of one event loop share, so that a thousand sockets need no more
 * native memory than one. None of them holds on to it for longer than a call.
 */
final class DatagramMemory {
  /** By loop and not by thread, as a loop may change its thread. */
  private static final Map<EventLoop, DatagramMemory> OF_LOOPS =
      Collections.synchronizedMap(new WeakHashMap<>());

  private final DatagramCalls calls;
  private final ReceiveArena receiving;
  private final SendArena sending = new SendArena();

  /** Whose messages are in {@link #sending}. */
  private @Nullable LinuxUdpSocket sender;

  DatagramMemory(DatagramCalls calls, int receiveBufferBytes) {
    this.calls = calls;
    receiving = new ReceiveArena(receiveBufferBytes);
  }

  static DatagramMemory of(EventLoop loop) {
    return OF_LOOPS.computeIfAbsent(
        loop, l -> new DatagramMemory(new DatagramCalls(), UdpChannels.RECEIVE_BUFFER_BYTES));
  }

  DatagramCalls calls() {
    return calls;
  }

  ReceiveArena receiving() {
    return receiving;
  }

  /** For messages of {@code socket} alone; those of another one leave first. */
  SendArena sending(LinuxUdpSocket socket) {
    LinuxUdpSocket other = sender;
    if (other != socket) {
      if (other != null) {
        other.flush();
      }
      sender = socket;
    }
    return sending;
  }

  /** {@code socket} is closed: what it has not sent is lost, and nothing here keeps it. */
  void forget(LinuxUdpSocket socket) {
    if (sender == socket) {
      sending.clear();
      sender = null;
    }
  }

  /** Whether messages of {@code socket} wait in {@link #sending}. */
  boolean isSending(LinuxUdpSocket socket) {
    return sender == socket && sending.count() > 0;
  }
}
