package dev.memux.lab;

import dev.memux.sim.Link;
import dev.memux.sim.LinkProfile;
import dev.memux.sim.Network;
import dev.memux.sim.Seed;
import dev.memux.sim.Simulation;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A link between two network namespaces, for whatever programs in them send: rate, delay, queue,
 * loss and the rest of {@link LinkProfile}, where datagrams are IP packets of at most 1500 bytes.
 * It is the simulator's link, run in real time by a thread of its own.
 *
 * <p>The near end has {@link #NEAR} and {@link #NEAR_V6}, the far end {@link #FAR} and {@link
 * #FAR_V6}. Any thread may call it; what asks the link waits for its thread, 20 ms at most.
 */
public final class LinkEmulator implements AutoCloseable {
  /** The IPv4 address of the near end. */
  public static final InetAddress NEAR = InetAddress.ofLiteral("10.77.0.1");

  /** The IPv4 address of the far end. */
  public static final InetAddress FAR = InetAddress.ofLiteral("10.77.0.2");

  /** The IPv6 address of the near end. */
  public static final InetAddress NEAR_V6 = InetAddress.ofLiteral("fd77::1");

  /** The IPv6 address of the far end. */
  public static final InetAddress FAR_V6 = InetAddress.ofLiteral("fd77::2");

  /** How long the thread sleeps at most, so that it sees what it is asked. */
  private static final long LONGEST_SLEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Among real-time threads in the middle: above all programs, below the kernel's own. */
  private static final int REAL_TIME_PRIORITY = 50;

  private final Simulation simulation = new Simulation(System.nanoTime());
  private final Network network;
  private final TunNode near;
  private final TunNode far;
  private final Link toFar;
  private final Link toNear;
  private final Queue<Runnable> commands = new ArrayDeque<>();
  private final Thread thread;
  private volatile boolean closed;
  private volatile @Nullable Exception failure;

  /** Guarded by the queue of commands. */
  private boolean ended;

  private LinkEmulator(
      TunDevice nearDevice,
      TunDevice farDevice,
      LinkProfile toFarProfile,
      LinkProfile toNearProfile,
      long seed) {
    network = new Network(simulation, new Seed(seed));
    near = new TunNode(nearDevice, new InetSocketAddress(NEAR, 0));
    far = new TunNode(farDevice, new InetSocketAddress(FAR, 0));
    network.attach(near, near.address());
    network.attach(far, far.address());
    toFar = network.link(near.address(), far.address(), toFarProfile);
    toNear = network.link(far.address(), near.address(), toNearProfile);
    network.observe(near.fate());
    network.observe(far.fate());
    thread = Thread.ofPlatform().daemon().name("memux-lab-link").unstarted(this::run);
  }

  /**
   * Joins two namespaces.
   *
   * @param seed of the impairments' random choices
   * @throws IOException where there is no TUN device, or it is not allowed
   */
  public static LinkEmulator join(
      NetworkNamespace nearEnd,
      NetworkNamespace farEnd,
      LinkProfile toFar,
      LinkProfile toNear,
      long seed)
      throws IOException {
    TunDevice nearDevice = TunDevice.open(nearEnd, NEAR, NEAR_V6);
    TunDevice farDevice;
    try {
      farDevice = TunDevice.open(farEnd, FAR, FAR_V6);
    } catch (IOException e) {
      nearDevice.close();
      throw e;
    }
    LinkEmulator emulator = new LinkEmulator(nearDevice, farDevice, toFar, toNear, seed);
    emulator.thread.start();
    return emulator;
  }

  /** Changes what happens to packets that are sent from now on. */
  public void change(LinkProfile toFarProfile, LinkProfile toNearProfile)
      throws InterruptedException {
    ask(
        () -> {
          toFar.profile(toFarProfile);
          toNear.profile(toNearProfile);
          return true;
        });
  }

  /** Bytes that wait for the bottleneck towards the far end, or are being transmitted. */
  public long queuedBytesToFar() throws InterruptedException {
    return ask(toFar::queuedBytes);
  }

  /** Bytes that wait for the bottleneck towards the near end, or are being transmitted. */
  public long queuedBytesToNear() throws InterruptedException {
    return ask(toNear::queuedBytes);
  }

  /**
   * How long the bottleneck towards the near end needed, from a moment of {@link System#nanoTime}
   * on that is over, for what had reached it by then: the delay of a packet that joins the queue
   * then, before its own transmission and flight. It goes some ten thousand packets back.
   *
   * @throws IllegalArgumentException if that is longer ago
   */
  public long backlogNanosToNear(long atNanos) {
    return far.backlogs().backlogNanos(atNanos);
  }

  /** The same of the bottleneck towards the far end. */
  public long backlogNanosToFar(long atNanos) {
    return near.backlogs().backlogNanos(atNanos);
  }

  /** What has become of the near end's packets. */
  public LinkStatistics statisticsToFar() throws InterruptedException {
    return ask(near::statistics);
  }

  /** What has become of the far end's packets. */
  public LinkStatistics statisticsToNear() throws InterruptedException {
    return ask(far::statistics);
  }

  /** Takes the link away, what is under way included; the namespaces stay. */
  @Override
  public void close() {
    closed = true;
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Lets the link's thread answer; after its end, the calling one does.
   *
   * @throws IllegalStateException if the link has failed
   */
  private <T> T ask(Callable<T> question) throws InterruptedException {
    FutureTask<T> task = new FutureTask<>(question);
    synchronized (commands) {
      if (ended) {
        task.run();
      } else {
        commands.add(task);
      }
    }
    try {
      T answer = task.get();
      if (failure != null) {
        throw new IllegalStateException("the link has failed", failure);
      }
      return answer;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private void answer() {
    synchronized (commands) {
      for (Runnable command; (command = commands.poll()) != null; ) {
        command.run();
      }
    }
  }

  private void run() {
    SystemCalls system = new SystemCalls();
    system.becomePunctual(REAL_TIME_PRIORITY);
    try (Arena arena = Arena.ofConfined()) {
      PollSet devices = new PollSet(system, arena, near.descriptor(), far.descriptor());
      near.begin(system, arena);
      far.begin(system, arena);
      while (!closed) {
        answer();
        boolean moreAtNear = near.takeIn(network, far.address(), toFar);
        boolean moreAtFar = far.takeIn(network, near.address(), toNear);
        simulation.runUntil(System.nanoTime());
        if (!moreAtNear && !moreAtFar) {
          long dueNanos = simulation.nextEventNanos() - System.nanoTime();
          devices.await(Math.min(dueNanos, LONGEST_SLEEP_NANOS));
        }
      }
    } catch (IOException | RuntimeException e) {
      failure = e;
    } finally {
      near.close();
      far.close();
      synchronized (commands) {
        ended = true;
        answer();
      }
    }
  }
}
