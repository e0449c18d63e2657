package dev.memux.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server and a client of one contender, each in a JVM of its own. */
record ProcessPair(BenchProcess server, BenchProcess client) implements AutoCloseable {
  /**
   * Starts both.
   *
   * @param packetBytes as the user has asked for
   * @param java what starts a JVM, and its options
   * @param limit after which they are ended, whatever they do
   */
  static ProcessPair start(
      String contender,
      Workload workload,
      int packetBytes,
      Plan plan,
      List<String> java,
      Duration limit)
      throws IOException {
    Contender chosen = Contenders.of(contender);
    Path folder = Files.createTempDirectory("memux-bench");
    Credentials credentials = Credentials.create(folder);
    try {
      List<String> common =
          List.of(
              contender,
              workload.label(),
              folder.toString(),
              Integer.toString(chosen.packetBytes(packetBytes)));
      String run = " of " + contender + ", workload " + workload.label() + ",";
      BenchProcess server =
          BenchProcess.start("the server" + run, java, ServerMain.class, common, limit);
      @Nullable BenchProcess client = null;
      try {
        List<String> arguments = new ArrayList<>(common);
        arguments.add(server.await(ServerMain.READY));
        arguments.add(Long.toString(server.id()));
        arguments.add(Long.toString(plan.warmupNanos()));
        arguments.add(Long.toString(chosen.bytes(plan.bytes())));
        arguments.add(Long.toString(plan.nanos()));
        client = BenchProcess.start("the client" + run, java, ClientMain.class, arguments, limit);
        client.await(ClientMain.READY);
        return new ProcessPair(server, client);
      } catch (IOException e) {
        if (client != null) {
          client.close();
        }
        server.close();
        throw e;
      }
    } finally {
      credentials.delete(); // both have read them
      Files.delete(folder);
    }
  }

  @Override
  public void close() throws IOException {
    client.close();
    server.close();
  }
}
