package dev.memux.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** The process of a client. */
final class ClientMain {
  /** What the line is that says that it is connected. */
  static final String READY = "connected";

  /** What the line is that says that it holds all connections. */
  static final String HELD = "held";

  private ClientMain() {}

  /**
   * {@code contender workload credentials-folder packet-bytes port server-process warmup-nanos
   * bytes nanos}; prints a {@link Run}. With {@link Workload#IDLE} it opens so many connections as
   * otherwise bytes, and holds them. It ends with standard input at the latest: whoever started it
   * may have been ended.
   */
  public static void main(String[] arguments) {
    Thread.ofPlatform().daemon().start(ClientMain::endWithInput);
    int code = 1;
    try {
      run(arguments);
      code = 0;
    } catch (Exception e) {
      Thread self = Thread.currentThread();
      self.getUncaughtExceptionHandler().uncaughtException(self, e); // tells before the end
    } finally {
      Runtime.getRuntime().halt(code); // whatever threads a contender has left
    }
  }

  private static void endWithInput() {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException e) {
      // an end, too
    }
    Runtime.getRuntime().halt(1);
  }

  private static void run(String[] arguments) throws Exception {
    String name = arguments[0];
    Workload workload = Workload.of(arguments[1]);
    int packetBytes = Integer.parseInt(arguments[3]);
    Setting setting = new Setting(workload, Credentials.in(Path.of(arguments[2])), packetBytes);
    ProcessHandle server = ProcessHandle.of(Long.parseLong(arguments[5])).orElseThrow();
    Plan plan =
        new Plan(
            Long.parseLong(arguments[6]),
            Long.parseLong(arguments[7]),
            Long.parseLong(arguments[8]));
    Load load = Contenders.of(name).connect(setting, Integer.parseInt(arguments[4]));
    say(READY);
    if (workload == Workload.IDLE) {
      load.hold((int) plan.bytes());
      say(HELD);
      new CountDownLatch(1).await();
    } else {
      Figures figures = plan.run(load, workload, server);
      say(new Run(name, workload, packetBytes, figures, load.description()).json());
    }
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
