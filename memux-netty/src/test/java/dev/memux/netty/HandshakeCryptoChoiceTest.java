package dev.memux.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.memux.tls.HandshakeCrypto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** By whom handshakes are done. Each in a process, for which it holds. */
@EnabledOnOs(OS.LINUX)
class HandshakeCryptoChoiceTest {
  private static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

  @Test
  void theFirstHandshakesWaitForNobodyAndLaterOnesHaveLibcrypto() throws Exception {
    assertEquals("JDK JDK libcrypto", run(NATIVE_ACCESS));
  }

  @Test
  void allAreTheJdksWhereThereIsNoLibcrypto() throws Exception {
    assertEquals("JDK JDK JDK", run(NATIVE_ACCESS, "-Ddev.memux.libcrypto=off"));
    assertEquals("JDK JDK JDK", run(NATIVE_ACCESS, "-Ddev.memux.libcrypto=/no/such/file.so"));
    assertEquals("JDK JDK JDK", run("--illegal-native-access=deny"));
  }

  private static String run(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Handshakes.class.getName());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), said);
    return said.lines().reduce((first, last) -> last).orElseThrow();
  }

  /** The process. */
  static final class Handshakes {
    private static final long LOADED_NANOS = TimeUnit.SECONDS.toNanos(20);

    private Handshakes() {}

    public static void main(String[] arguments) throws InterruptedException {
      String first = name(HandshakeCryptoChoice.next());
      String second = name(HandshakeCryptoChoice.next());
      long deadline = System.nanoTime() + LOADED_NANOS;
      while (isLoading() && System.nanoTime() < deadline) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
      }
      System.out.println(first + " " + second + " " + name(HandshakeCryptoChoice.next()));
    }

    private static boolean isLoading() {
      return Thread.getAllStackTraces().keySet().stream()
          .anyMatch(thread -> thread.getName().equals(HandshakeCryptoChoice.THREAD));
    }

    private static String name(HandshakeCrypto crypto) {
      return crypto.equals(HandshakeCrypto.JDK) ? "JDK" : "libcrypto";
    }
  }
}
