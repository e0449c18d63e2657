package dev.memux.cli;

import dev.memux.netty.CarrierType;
import dev.memux.session.Session;
import dev.memux.session.SessionClient;
import dev.memux.session.Stream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** Runs a plan against a server: the warm-up first, then what is measured. */
final class PerfClient {
  private final SessionClient client;
  private final String host;
  private final int port;
  private final PerfPlan plan;
  private final String packetCiphers;

  /**
   * @param packetCiphers whose ciphers protect QUIC's packets
   */
  PerfClient(SessionClient client, String host, int port, PerfPlan plan, String packetCiphers) {
    this.client = client;
    this.host = host;
    this.port = port;
    this.plan = plan;
    this.packetCiphers = packetCiphers;
  }

  /** Blocks until it is done; any failure of a stream is the whole's. */
  PerfResult run() throws IOException {
    try (Session session = client.connect(host, port)) {
      perform(session, plan.warmup());
      PerfUsage serverBefore = serverUsage(session);
      PerfUsage clientBefore = clientUsage(session);
      long begin = System.nanoTime();
      perform(session, plan.workload().countsBytes() ? plan.bytes() : plan.requests());
      long nanos = System.nanoTime() - begin;
      PerfUsage clientAfter = clientUsage(session);
      PerfUsage serverAfter = serverUsage(session);
      return new PerfResult(
          plan,
          nanos,
          PerfResult.difference(clientAfter.cpuNanos(), clientBefore.cpuNanos()),
          PerfResult.difference(serverAfter.cpuNanos(), serverBefore.cpuNanos()),
          clientAfter.residentBytes(),
          serverAfter.residentBytes(),
          plan.direction() == PerfPlan.Direction.UPLOAD
              ? clientAfter.packetBytes()
              : serverAfter.packetBytes(),
          cipher(session),
          session.io());
    }
  }

  private String cipher(Session session) {
    String suite = session.tls().suite().name();
    return session.carrier() == CarrierType.QUIC ? suite + " " + packetCiphers : suite;
  }

  private static PerfUsage clientUsage(Session session) throws IOException {
    return PerfUsage.now(session.statistics().packetBytes());
  }

  private static PerfUsage serverUsage(Session session) throws IOException {
    try (Stream stream = session.open()) {
      stream.outputStream().write(PerfProtocol.header(PerfProtocol.USAGE, 0));
      stream.shutdownOutput();
      return PerfUsage.read(stream.inputStream());
    }
  }

  private void perform(Session session, long amount) throws IOException {
    if (amount == 0) {
      return;
    }
    switch (plan.workload()) {
      case BULK -> transfer(session, amount);
      case STREAMS -> {
        AtomicLong left = new AtomicLong(plan.streams());
        repeat(plan.streams(), () -> transfer(session, share(amount, left.decrementAndGet())));
      }
      case REQUESTS -> repeatEach(amount, () -> exchange(session));
      case HANDSHAKES -> repeatEach(amount, () -> shakeHands(false));
      case RESUMPTIONS -> {
        serverUsage(session); // whose answer comes behind the tickets
        repeatEach(amount, () -> shakeHands(true));
      }
    }
  }

  private void shakeHands(boolean resumes) throws IOException {
    Session session = client.connect(host, port);
    boolean resumed = session.tls().resumed();
    session.close(0, "");
    if (resumed != resumes) {
      throw new IOException(resumed ? "a session was resumed" : "no session was resumed");
    }
  }

  /** Equal parts of {@code amount}; the first takes what is left over. */
  private long share(long amount, long index) {
    return amount / plan.streams() + (index == 0 ? amount % plan.streams() : 0);
  }

  private void transfer(Session session, long bytes) throws IOException {
    try (Stream stream = session.open()) {
      OutputStream out = stream.outputStream();
      InputStream in = stream.inputStream();
      switch (plan.direction()) {
        case DOWNLOAD -> {
          out.write(PerfProtocol.header(PerfProtocol.DOWNLOAD, bytes));
          stream.shutdownOutput();
          PerfProtocol.readData(in, bytes);
        }
        case UPLOAD -> {
          out.write(PerfProtocol.header(PerfProtocol.UPLOAD, bytes));
          PerfProtocol.writeData(out, bytes);
          stream.shutdownOutput();
          if (PerfProtocol.readLong(in) != bytes) {
            throw new IOException("the server has not got all");
          }
        }
      }
    }
  }

  private void exchange(Session session) throws IOException {
    byte[] request =
        Arrays.copyOf(
            PerfProtocol.header(PerfProtocol.REQUEST, plan.responseBytes()), plan.requestBytes());
    try (Stream stream = session.open()) {
      stream.outputStream().write(request);
      stream.shutdownOutput();
      PerfProtocol.readData(stream.inputStream(), plan.responseBytes());
    }
  }

  /** {@code times} in all, {@link PerfPlan#concurrency} at once. */
  private void repeatEach(long times, Action action) throws IOException {
    AtomicLong left = new AtomicLong(times);
    repeat(
        (int) Math.min(times, plan.concurrency()),
        () -> {
          while (left.getAndDecrement() > 0) {
            action.run();
          }
        });
  }

  private interface Action {
    void run() throws IOException;
  }

  /** Runs it on so many virtual threads; when one fails, the others are interrupted. */
  private static void repeat(int threads, Action action) throws IOException {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var done = new ExecutorCompletionService<Boolean>(executor);
      Callable<Boolean> task =
          () -> {
            action.run();
            return true;
          };
      for (int i = 0; i < threads; i++) {
        done.submit(task);
      }
      try {
        for (int i = 0; i < threads; i++) {
          done.take().get();
        }
      } catch (InterruptedException e) {
        executor.shutdownNow();
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted");
      } catch (ExecutionException e) {
        executor.shutdownNow();
        throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
      }
    }
  }
}
