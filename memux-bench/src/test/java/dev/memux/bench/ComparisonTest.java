package dev.memux.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The comparison itself, with processes of its own. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ComparisonTest {
  @TempDir private Path folder;

  @Test
  void runsAreAddedToTheFile() throws IOException {
    Path json = folder.resolve("runs.json");
    for (int runs = 1; runs <= 2; runs++) {
      int code =
          new CommandLine(new Comparison())
              .execute("--quick", "--contenders=memux", "--workloads=requests", "--json=" + json);
      assertEquals(0, code);
      List<String> lines = Files.readAllLines(json);
      assertEquals(runs, lines.size());
      Run run = Run.parse(lines.getLast());
      assertEquals(Workload.REQUESTS, run.workload());
      assertTrue(run.figures().amount() > 0, lines.getLast());
      assertTrue(run.figures().serverResidentBytes() > 0, lines.getLast());
    }
  }

  @Test
  void everyServerOfHttp3KeepsTheClientsConnections() throws IOException {
    Path json = folder.resolve("http3.json");
    String contenders = "--contenders=memux," + Contenders.REFERENCE;
    int code =
        new CommandLine(new Comparison())
            .execute("--quick", contenders, "--workloads=http3", "--json=" + json);
    assertEquals(0, code);
    assertEquals(2, Files.readAllLines(json).size());
  }

  @Test
  void aRunThatIsNotOverInTimeIsEndedAndNamed() throws IOException {
    Path json = folder.resolve("late.json");
    PrintStream before = System.err;
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    System.setErr(new PrintStream(told, true, StandardCharsets.UTF_8));
    try {
      int code =
          new CommandLine(new Comparison())
              .execute(
                  "--rounds=1",
                  "--contenders=memux,memux-netty",
                  "--workloads=requests",
                  "--warmup=0",
                  "--seconds=0.1",
                  "--limit=0.1",
                  "--json=" + json);
      assertEquals(1, code);
    } finally {
      System.setErr(before);
    }
    String errors = told.toString(StandardCharsets.UTF_8);
    assertTrue(errors.contains("the server of memux, workload requests, was ended"), errors);
    assertTrue(errors.contains("the server of memux-netty, workload requests, was ended"), errors);
    assertFalse(Files.exists(json));
    assertEquals(List.of(), ProcessHandle.current().children().toList());
  }

  @Test
  void whatThereIsNotIsRefused() {
    CommandLine command = new CommandLine(new Comparison());
    assertEquals(2, command.execute("--contenders=nobody"));
    assertEquals(2, command.execute("--workloads=nothing"));
    assertEquals(2, command.execute("--rounds=0"));
    assertEquals(2, command.execute("--bytes=10"));
    assertEquals(2, command.execute("--limit=0"));
  }

  @Test
  void theHeapIsWhatTheHistogramAddsUpTo() throws IOException {
    String histogram =
        """
         num     #instances         #bytes  class name (module)
        -------------------------------------------------------
           1:          1000          50000  [B (java.base@25)
        Total          3000         123456
        """;
    assertEquals(123_456, LiveHeap.parse(histogram));
    assertThrows(IOException.class, () -> LiveHeap.parse("no such process"));
  }
}
