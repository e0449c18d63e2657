package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.memux.http.RequestUrl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OutputPlanTest {
  private static final Output STANDARD_OUTPUT = new Output.ToStandardOutput();
  private static final Output DISCARDED = new Output.Discarded();

  @TempDir private Path folder;

  private static List<RequestUrl> urls(String... paths) {
    return Stream.of(paths).map(path -> RequestUrl.parse("https://h" + path)).toList();
  }

  private static void assertUsageError(List<RequestUrl> urls, String option, boolean json) {
    CommandFailure failure =
        assertThrows(CommandFailure.class, () -> OutputPlan.of(urls, option, json));
    assertEquals(ExitCode.USAGE, failure.exitCode());
  }

  @Test
  void sendsOneUrlToStandardOutput() {
    assertEquals(List.of(STANDARD_OUTPUT), OutputPlan.of(urls("/a"), null, false));
    assertEquals(List.of(STANDARD_OUTPUT), OutputPlan.of(urls("/a"), "-", false));
  }

  @Test
  void wantsAFolderForSeveralUrls() throws Exception {
    assertUsageError(urls("/a", "/b"), null, false);
    assertUsageError(urls("/a", "/b"), "-", false);
    Path file = Files.createFile(folder.resolve("file"));
    assertUsageError(urls("/a", "/b"), file.toString(), false);
  }

  @Test
  void dropsBodiesWhenFiguresTakeStandardOutput() {
    assertEquals(List.of(DISCARDED, DISCARDED), OutputPlan.of(urls("/a", "/b"), null, true));
    assertUsageError(urls("/a"), "-", true);
  }

  @Test
  void namesFilesInAFolderAfterTheUrl() {
    String made = folder.resolve("made").toString();
    assertEquals(
        List.of(
            new Output.ToFile(folder.resolve("made/a.png")),
            new Output.ToFile(folder.resolve("made/index.html"))),
        OutputPlan.of(urls("/x/a.png?q=/z", "/x/"), made, false));
  }

  @Test
  void takesAFolderForOneUrlWhereItIsClearlyMeant() {
    Output inFolder = new Output.ToFile(folder.resolve("a"));
    assertEquals(List.of(inFolder), OutputPlan.of(urls("/a"), folder.toString(), false));
    assertEquals(
        List.of(new Output.ToFile(folder.resolve("new/a"))),
        OutputPlan.of(urls("/a"), folder + "/new/", false));
    assertEquals(
        List.of(new Output.ToFile(folder.resolve("new"))),
        OutputPlan.of(urls("/a"), folder + "/new", false));
  }

  @Test
  void refusesNamesThatClashOrLeadElsewhere() {
    assertUsageError(urls("/a", "/x/a"), folder.toString(), false);
    assertUsageError(urls("/x/..", "/a"), folder.toString(), false);
    assertUsageError(urls("/."), folder.toString(), false);
  }
}
