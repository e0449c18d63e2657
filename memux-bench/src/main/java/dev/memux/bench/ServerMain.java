package dev.memux.bench;

import java.nio.file.Path;

/** The process of a server. */
final class ServerMain {
  /** What the line begins with that says which port it is. */
  static final String READY = "ready: ";

  private ServerMain() {}

  /**
   * {@code contender workload credentials-folder packet-bytes}; serves until standard input ends.
   */
  public static void main(String[] arguments) {
    int code = 1;
    try {
      serve(arguments);
      code = 0;
    } catch (Exception e) {
      Thread self = Thread.currentThread();
      self.getUncaughtExceptionHandler().uncaughtException(self, e); // tells before the end
    } finally {
      Runtime.getRuntime().halt(code); // whatever threads a contender has left
    }
  }

  private static void serve(String[] arguments) throws Exception {
    Setting setting =
        new Setting(
            Workload.of(arguments[1]),
            Credentials.in(Path.of(arguments[2])),
            Integer.parseInt(arguments[3]));
    try (Contender.Server server = Contenders.of(arguments[0]).listen(setting)) {
      System.out.println(READY + server.port());
      System.out.flush();
      while (System.in.read() >= 0) {}
    }
  }
}
