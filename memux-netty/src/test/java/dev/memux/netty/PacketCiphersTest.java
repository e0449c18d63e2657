package dev.memux.netty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What is chosen, and that there is always something. Each in a process, for which it holds. */
@EnabledOnOs(OS.LINUX)
class PacketCiphersTest {
  private static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

  @Test
  void choosesBetweenTheSystemsLibrariesAndTheJdk() throws Exception {
    String said = settle(NATIVE_ACCESS);
    assertTrue(said.matches("((libcrypto|ipsec-mb) \\d+\\.\\d+\\.\\d+\\S*|JDK)"), said);
  }

  @Test
  void doesWithoutIpsecMb() throws Exception {
    for (String setting : new String[] {"off", "/no/such/libIPSec_MB.so", "libm.so.6"}) {
      String said = settle(NATIVE_ACCESS, "-Ddev.memux.ipsec-mb=" + setting);
      assertTrue(said.matches("(libcrypto \\d+\\.\\d+\\.\\d+\\S*|JDK)"), said);
    }
  }

  @Test
  void leavesAllToTheJdkWhenItIsTold() throws Exception {
    assertEquals("JDK", settle(NATIVE_ACCESS, "-Ddev.memux.libcrypto=off"));
  }

  @Test
  void fallsBackToTheJdkWithoutLibraryFunctionsOrNativeAccess() throws Exception {
    assertEquals("JDK", settle(NATIVE_ACCESS, "-Ddev.memux.libcrypto=/no/such/libcrypto.so"));
    assertEquals("JDK", settle(NATIVE_ACCESS, "-Ddev.memux.libcrypto=libm.so.6"));
    assertEquals("JDK", settle("--illegal-native-access=deny"));
  }

  private static String settle(String... options) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Settle.class.getName());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), said);
    return said.lines().reduce((first, last) -> last).orElseThrow();
  }

  /** The process. */
  static final class Settle {
    private Settle() {}

    public static void main(String[] arguments) throws InterruptedException {
      System.out.println(PacketCiphers.settle());
    }
  }
}
