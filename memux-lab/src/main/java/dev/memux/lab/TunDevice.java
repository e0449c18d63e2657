package dev.memux.lab;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;

/**
 * A network interface whose other end is this program: what the namespace's stack sends through it
 * is read here, IP packet by IP packet, and what is written here arrives there. It disappears when
 * it is closed.
 */
final class TunDevice implements AutoCloseable {
  static final int MTU_BYTES = 1500;

  private static final String NAME = "memux0";

  /** {@code TUNSETIFF}, {@code IFF_TUN | IFF_NO_PI} of linux/if_tun.h. */
  private static final long TUNSETIFF = 0x4004_54caL;

  private static final short TUN_WITHOUT_HEADER = 0x1001;
  private static final int IFREQ_BYTES = 40;
  private static final int IFREQ_FLAGS = 16;

  /** What the stack may have handed to the interface and we have not read yet. */
  private static final int QUEUE_PACKETS = 20_000;

  private final int descriptor;

  private TunDevice(int descriptor) {
    this.descriptor = descriptor;
  }

  /** Makes the interface in a namespace, gives it addresses and lets all traffic leave by it. */
  static TunDevice open(NetworkNamespace namespace, InetAddress v4, InetAddress v6)
      throws IOException {
    TunDevice device = namespace.call(TunDevice::create);
    try {
      // Nothing but what programs send: no router solicitations, no duplicate address detection.
      namespace.ip("link", "set", "dev", NAME, "addrgenmode", "none");
      namespace.ip("addr", "add", v4.getHostAddress() + "/30", "dev", NAME);
      namespace.ip("-6", "addr", "add", v6.getHostAddress() + "/126", "dev", NAME, "nodad");
      namespace.ip(
          "link",
          "set",
          "dev",
          NAME,
          "mtu",
          String.valueOf(MTU_BYTES),
          "txqueuelen",
          String.valueOf(QUEUE_PACKETS),
          "up");
      namespace.ip("route", "add", "default", "dev", NAME);
      namespace.ip("-6", "route", "add", "default", "dev", NAME);
      return device;
    } catch (IOException e) {
      device.close();
      throw e;
    }
  }

  private static TunDevice create() throws IOException {
    SystemCalls system = new SystemCalls();
    int descriptor =
        system.open(
            "/dev/net/tun", SystemCalls.O_RDWR | SystemCalls.O_NONBLOCK | SystemCalls.O_CLOEXEC);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(IFREQ_BYTES, Long.BYTES);
      request.setString(0, NAME);
      request.set(JAVA_SHORT, IFREQ_FLAGS, TUN_WITHOUT_HEADER);
      system.ioctl(descriptor, TUNSETIFF, request, "/dev/net/tun");
      return new TunDevice(descriptor);
    } catch (IOException e) {
      system.close(descriptor);
      throw e;
    }
  }

  int descriptor() {
    return descriptor;
  }

  @Override
  public void close() {
    new SystemCalls().close(descriptor);
  }
}
