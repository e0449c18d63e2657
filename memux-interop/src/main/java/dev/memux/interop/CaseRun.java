package dev.memux.interop;

import dev.memux.cli.http09.Http09;
import dev.memux.http.Http3Service;
import dev.memux.sim.Randomness;
import dev.memux.sim.Seed;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One test case between two peers: files, processes, the relay between them, and the judgement. */
final class CaseRun {
  private static final String CLIENT = "client";
  private static final String SERVER = "server";

  /** A JVM on a busy machine needs a while. */
  private static final long READY_SECONDS = 30;

  private static final int PROBE_MILLIS = 50;

  /** Below those that the kernel gives to whoever asks for any, the relay's sockets for one. */
  private static final int FIRST_PORT = 20_000;

  private static final int MAX_PORTS = 10_000;

  /** Processes begin at different ports, most likely. */
  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger((int) ProcessHandle.current().pid() * 37);

  /** An Initial of a version that is kept for this (RFC 9000 §15), from nobody to nobody. */
  private static final byte[] PROBE_HEADER = {
    (byte) 0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0
  };

  private static final int PROBE_BYTES = 1200;
  private static final int MAX_DATAGRAM_BYTES = 1500;

  private final TestCase testCase;
  private final TestCase.Plan plan;
  private final Peer client;
  private final Peer server;
  private final long seed;
  private final Path folder;
  private @Nullable Judge judge;

  /**
   * A run that has not begun.
   *
   * @param folder empty; what is left in it tells what went on
   */
  CaseRun(TestCase testCase, TestCase.Plan plan, Peer client, Peer server, long seed, Path folder) {
    this.testCase = testCase;
    this.plan = plan;
    this.client = client;
    this.server = server;
    this.seed = seed;
    this.folder = folder;
  }

  /** Runs it, to its end or its limit. */
  Outcome run() throws IOException, InterruptedException {
    if (!server.serves(testCase)) {
      return Outcome.unsupported(server.name() + "'s server");
    }
    if (!client.fetches(testCase)) {
      return Outcome.unsupported(client.name() + "'s client");
    }
    InetAddress host = InetAddress.getByName(testCase.host());
    Job job =
        new Job(
            testCase, protocol(), folder, prepareFiles(), new InetSocketAddress(host, free(host)));
    Capture capture = new Capture();
    try (Endpoint serving = server.serve(job)) {
      if (!awaitAnswer(job.address(), serving)) {
        return serving.isAlive()
            ? failed("the server does not answer: " + lastLine(SERVER), 0)
            : ended(SERVER, serving.await(Duration.ZERO), 0);
      }
      long begin = System.nanoTime();
      int code = fetch(job, capture);
      double seconds = (System.nanoTime() - begin) / 1e9;
      String witness = client.name().equals(Peers.MEMUX) ? CLIENT : SERVER;
      Trace trace = Trace.of(capture, job.keyLog(witness));
      trace.write(folder.resolve("packets.txt"));
      judge = new Judge(trace, job.www(), job.downloads(), job.names());
      return code == 0 ? judged(seconds) : ended(CLIENT, code, seconds);
    }
  }

  private int fetch(Job job, Capture capture) throws IOException, InterruptedException {
    try (Relay relay = Relay.start(plan.scenario(), job.address(), seed, capture)) {
      return client.fetch(
          new Job(testCase, job.protocol(), folder, job.names(), relay.address()),
          testCase.limit());
    }
  }

  /** HTTP/3 where a case is about it, and where a peer has nothing else. */
  private String protocol() {
    boolean http09 = testCase != TestCase.HTTP3 && client.speaksHttp09() && server.speaksHttp09();
    return http09 ? Http09.ALPN : Http3Service.ALPN;
  }

  private List<String> prepareFiles() throws IOException {
    for (String name : List.of("www", "downloads", "certs")) {
      Files.createDirectories(folder.resolve(name));
    }
    Certificates.write(folder.resolve("certs"), testCase.chainLength());
    Randomness random = new Seed(seed).split("files").random();
    List<String> names = new ArrayList<>();
    for (int size : plan.files()) {
      byte[] content = new byte[size];
      random.nextBytes(content);
      String name = "file" + names.size();
      name += "x".repeat(Math.max(0, testCase.nameLength() - name.length()));
      Files.write(folder.resolve("www").resolve(name), content);
      names.add(name);
    }
    return names;
  }

  /**
   * A port that is free, and that no other run of this process is given: servers share a port that
   * is taken (SO_REUSEPORT), and each would get some of the other's connections.
   */
  private static int free(InetAddress host) throws IOException {
    for (int i = 0; i < MAX_PORTS; i++) {
      int port = FIRST_PORT + Math.floorMod(NEXT_PORT.getAndIncrement(), MAX_PORTS);
      try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(host, port))) {
        return socket.getLocalPort();
      } catch (BindException e) {
        // the next one, then
      }
    }
    throw new IOException("no free port");
  }

  /** Asks in a version that nobody speaks, until the server says so (RFC 9000 §6.1). */
  private static boolean awaitAnswer(InetSocketAddress address, Endpoint serving)
      throws IOException {
    byte[] probe = new byte[PROBE_BYTES];
    System.arraycopy(PROBE_HEADER, 0, probe, 0, PROBE_HEADER.length);
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(PROBE_MILLIS);
      while (serving.isAlive() && System.nanoTime() < endNanos) {
        socket.send(new DatagramPacket(probe, probe.length, address));
        try {
          socket.receive(new DatagramPacket(new byte[MAX_DATAGRAM_BYTES], MAX_DATAGRAM_BYTES));
          return true;
        } catch (SocketTimeoutException e) {
          // not yet
        }
      }
    }
    return false;
  }

  private String lastLine(String role) throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve(role + ".log"));
    return lines.isEmpty() ? "" : lines.getLast();
  }

  private Outcome ended(String role, int code, double seconds) throws IOException {
    Peer peer = role.equals(CLIENT) ? client : server;
    if (code == Endpoint.UNSUPPORTED) {
      return Outcome.unsupported(peer.name() + "'s " + role);
    }
    return failed(
        code == Endpoint.LATE
            ? "the " + role + " was not done after " + testCase.limit().toSeconds() + " s"
            : "the " + role + " ended with code " + code + ": " + lastLine(role),
        seconds);
  }

  private Outcome judged(double seconds) {
    List<String> faults = faults(testCase);
    return new Outcome(
        faults.isEmpty() ? Outcome.Status.SUCCEEDED : Outcome.Status.FAILED, faults, seconds);
  }

  /** What is wrong with the run by the criteria of a case, be it this one or another. */
  List<String> faults(TestCase by) {
    if (judge == null) {
      throw new IllegalStateException("there is nothing to judge");
    }
    return judge.faults(by);
  }

  private static Outcome failed(String reason, double seconds) {
    return new Outcome(Outcome.Status.FAILED, List.of(reason), seconds);
  }
}
