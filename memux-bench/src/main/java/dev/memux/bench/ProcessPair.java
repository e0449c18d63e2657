package dev.memux.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A server and a client of one contender, each in a JVM of its own. */
record ProcessPair(BenchProcess server, BenchProcess client) implements AutoCloseable {
  /**
   * Starts both.
   *
   * @param packetBytes as the user has asked for
   * @param java what starts a JVM, and its options
   */
  static ProcessPair start(
      String contender, Workload workload, int packetBytes, Plan plan, List<String> java)
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
      BenchProcess server = BenchProcess.start(java, ServerMain.class, common);
      try {
        List<String> arguments = new ArrayList<>(common);
        arguments.add(server.await(ServerMain.READY));
        arguments.add(Long.toString(server.id()));
        arguments.add(Long.toString(plan.warmupNanos()));
        arguments.add(Long.toString(chosen.bytes(plan.bytes())));
        arguments.add(Long.toString(plan.nanos()));
        BenchProcess client = BenchProcess.start(java, ClientMain.class, arguments);
        client.await(ClientMain.READY);
        return new ProcessPair(server, client);
      } catch (IOException e) {
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
