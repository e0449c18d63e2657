package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.http.HttpFields;
import dev.memux.http.RequestHead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is answered from memory, and for how long. */
final class FilePreparationTest {
  private static final FileTime RESTED = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));
  private static final FileTime LATER = FileTime.from(Instant.parse("2026-01-02T00:00:00Z"));
  private static final CacheLimits LIMITS = new CacheLimits(1 << 20, 100);

  @TempDir private Path folder;
  private Path root;
  private long nowNanos;
  private FilePreparation files;

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(folder.resolve("root"));
    files = files(LIMITS);
  }

  private FilePreparation files(CacheLimits limits) throws IOException {
    return new FilePreparation(
        new FileLookup(root, InstantSource.system()), limits, () -> nowNanos);
  }

  private Path write(String name, String content, FileTime modified) throws IOException {
    Path file = Files.writeString(root.resolve(name), content);
    return Files.setLastModifiedTime(file, modified);
  }

  private static RequestHead request(String method, String path, String... fields) {
    HttpFields all = new HttpFields();
    for (int i = 0; i < fields.length; i += 2) {
      all.add(fields[i], fields[i + 1]);
    }
    return new RequestHead(method, "https", "a", path, all);
  }

  private PreparedAnswer prepare(RequestHead request) throws IOException {
    return files.prepare(request, RequestPath.parse(request.path()));
  }

  private PreparedAnswer.FromMemory fromMemory(RequestHead request) {
    return files.fromMemory(request, RequestPath.parse(request.path()));
  }

  private PreparedAnswer.FromMemory fromMemory(String path, String... fields) {
    return fromMemory(request("GET", path, fields));
  }

  /** As the site asks: what is not in memory is prepared. */
  private PreparedAnswer ask(RequestHead request) throws IOException {
    PreparedAnswer ready = fromMemory(request);
    return ready != null ? ready : prepare(request);
  }

  private String text(String path, String... fields) throws IOException {
    PreparedAnswer answer = ask(request("GET", path, fields));
    return text(assertInstanceOf(PreparedAnswer.FromMemory.class, answer));
  }

  private static String text(PreparedAnswer.FromMemory answer) {
    return new String(answer.content(), StandardCharsets.UTF_8);
  }

  private void assertFromFile(RequestHead request) throws IOException {
    assertNull(fromMemory(request));
    assertInstanceOf(PreparedAnswer.FromFile.class, prepare(request)).file().close();
  }

  @Test
  void readsAFileOnce() throws IOException {
    write("a.txt", "one", RESTED);
    assertNull(fromMemory("/a.txt"));
    assertEquals("one", text("/a.txt"));
    assertEquals("one", text(fromMemory("/a.txt")));
    assertEquals("one", text(fromMemory("/%61.txt?query")));
    assertEquals(1, files.contentsRead());
  }

  @Test
  void readsAFileOnceForAllWhoAskAtTheSameTime() throws Exception {
    write("a.txt", "one", RESTED);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<String>> requests = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        requests.add(() -> text("/a.txt"));
      }
      for (Future<String> each : threads.invokeAll(requests)) {
        assertEquals("one", each.get());
      }
    }
    assertEquals(1, files.contentsRead());
  }

  @Test
  void looksAgainWhenTheTimeIsOverAndReadsOnlyWhatHasChanged() throws IOException {
    write("a.txt", "one", RESTED);
    assertEquals("one", text("/a.txt"));
    nowNanos += FilePreparation.CHECK_NANOS;
    assertNotNull(fromMemory("/a.txt"));
    nowNanos++;
    assertNull(fromMemory("/a.txt"));
    assertEquals("one", text("/a.txt"));
    assertNotNull(fromMemory("/a.txt"));
    assertEquals(1, files.contentsRead());

    write("a.txt", "two", LATER);
    assertEquals("one", text("/a.txt")); // it may be as old as that
    nowNanos += FilePreparation.CHECK_NANOS + 1;
    assertEquals("two", text("/a.txt"));
    assertEquals(2, files.contentsRead());
    assertEquals(1, files.cache().size());
  }

  @Test
  void seesAFileInThePlaceOfAnotherThatLooksTheSame() throws IOException {
    write("a.txt", "one", RESTED);
    assertEquals("one", text("/a.txt"));
    Path other = write("other", "two", RESTED);
    Files.move(other, root.resolve("a.txt"), StandardCopyOption.ATOMIC_MOVE);
    nowNanos += FilePreparation.CHECK_NANOS + 1;
    assertEquals("two", text("/a.txt"));
  }

  @Test
  void forgetsAFileThatIsGone() throws IOException {
    Path file = write("a.txt", "one", RESTED);
    assertEquals("one", text("/a.txt"));
    Files.delete(file);
    nowNanos += FilePreparation.CHECK_NANOS + 1;
    assertInstanceOf(PreparedAnswer.Missing.class, ask(request("GET", "/a.txt")));
    assertEquals(0, files.cache().size());
    assertEquals(0, files.cache().bytes());
  }

  @Test
  void aLinkThatComesToLeadOutsideIsNotFollowed() throws IOException {
    Files.writeString(folder.resolve("secret.txt"), "secret");
    Files.setLastModifiedTime(folder.resolve("secret.txt"), RESTED);
    write("a.txt", "one", RESTED);
    Path link = Files.createSymbolicLink(root.resolve("link"), Path.of("a.txt"));
    assertEquals("one", text("/link"));
    Files.delete(link);
    Files.createSymbolicLink(link, folder.resolve("secret.txt"));
    nowNanos += FilePreparation.CHECK_NANOS + 1;
    assertInstanceOf(PreparedAnswer.Missing.class, ask(request("GET", "/link")));
    assertNull(fromMemory("/link"));
  }

  @Test
  void aFolderThatBecomesALinkToTheOutsideIsNotEntered() throws IOException {
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Files.setLastModifiedTime(Files.writeString(outside.resolve("a.txt"), "secret"), RESTED);
    Path inside = Files.createDirectory(root.resolve("sub"));
    write("sub/a.txt", "one", RESTED);
    assertEquals("one", text("/sub/a.txt"));
    Files.move(inside, root.resolve("elsewhere"));
    Files.createSymbolicLink(inside, outside);
    nowNanos += FilePreparation.CHECK_NANOS + 1;
    assertInstanceOf(PreparedAnswer.Missing.class, ask(request("GET", "/sub/a.txt")));
  }

  // RFC 9110 §8.8.1: what has just been written may change again without looking different.
  @Test
  void keepsNothingOfAFileThatHasNotRested() throws IOException {
    Files.writeString(root.resolve("a.txt"), "one");
    assertFromFile(request("GET", "/a.txt"));
    write("b.txt", "one", FileTime.from(Instant.now().plusSeconds(60)));
    assertFromFile(request("GET", "/b.txt"));
    assertEquals(0, files.contentsRead());
  }

  @Test
  void keepsNothingOfAFileThatIsTooLarge() throws IOException {
    byte[] most = new byte[FilePreparation.MAX_FILE_BYTES];
    Files.setLastModifiedTime(Files.write(root.resolve("most"), most), RESTED);
    Files.setLastModifiedTime(
        Files.write(root.resolve("more"), new byte[FilePreparation.MAX_FILE_BYTES + 1]), RESTED);
    assertArrayEquals(
        most,
        assertInstanceOf(PreparedAnswer.FromMemory.class, prepare(request("GET", "/most")))
            .content());
    assertFromFile(request("GET", "/more"));
    assertFromFile(request("GET", "/more", "range", "bytes=0-0"));
    assertEquals(1, files.contentsRead());
    // What is known of it is known.
    assertEquals(200, fromMemory(request("HEAD", "/more")).answer().head().status());
    assertTrue(files.cache().bytes() < 2 * FilePreparation.MAX_FILE_BYTES);
  }

  @Test
  void aSmallCacheKeepsSmallFilesOnly() throws IOException {
    files = files(new CacheLimits(32_000, 100));
    write("small", "x".repeat(4_000), RESTED);
    write("large", "x".repeat(4_001), RESTED);
    assertEquals(4_000, text("/small").length());
    assertFromFile(request("GET", "/large"));
  }

  @Test
  void withoutACacheEverythingIsReadFromItsFile() throws IOException {
    write("a.txt", "one", RESTED);
    for (CacheLimits none : List.of(CacheLimits.NONE, new CacheLimits(1 << 20, 0))) {
      files = files(none);
      assertFromFile(request("GET", "/a.txt"));
      assertFromFile(request("GET", "/a.txt"));
      assertEquals(0, files.cache().size());
    }
  }

  @Test
  void answersConditionsRangesAndHeadFromMemory() throws IOException {
    write("a.txt", "0123456789", RESTED);
    assertEquals("0123456789", text("/a.txt"));
    FileAnswer whole = fromMemory("/a.txt").answer();
    String tag = whole.head().fields().value("etag");
    assertEquals("10", whole.head().fields().value("content-length"));

    FileAnswer head = fromMemory(request("HEAD", "/a.txt")).answer();
    assertEquals(200, head.head().status());
    assertEquals("10", head.head().fields().value("content-length"));
    assertEquals(tag, head.head().fields().value("etag"));

    FileAnswer unchanged = fromMemory("/a.txt", "if-none-match", tag).answer();
    assertEquals(304, unchanged.head().status());
    assertTrue(unchanged.body().isEmpty());
    assertEquals(412, fromMemory("/a.txt", "if-match", "\"other\"").answer().head().status());

    FileAnswer part = fromMemory("/a.txt", "range", "bytes=2-4").answer();
    assertEquals(206, part.head().status());
    assertEquals("bytes 2-4/10", part.head().fields().value("content-range"));
    assertEquals(List.of(new BodyPart.FromFile(new ByteRange(2, 4))), part.body());
    assertEquals(416, fromMemory("/a.txt", "range", "bytes=10-").answer().head().status());
    assertEquals(1, files.contentsRead());
  }

  @Test
  void keepsEachCodingThatSomebodyTakes() throws IOException {
    write("a.txt", "what it is", RESTED);
    write("a.txt.br", "coded", RESTED);
    assertEquals("coded", text("/a.txt", "accept-encoding", "br, gzip"));
    assertEquals(1, files.contentsRead());
    assertNull(fromMemory("/a.txt"));
    assertEquals("what it is", text("/a.txt"));
    assertEquals("coded", text(fromMemory("/a.txt", "accept-encoding", "br")));
    assertEquals(2, files.contentsRead());

    write("a.txt.gz", "gz", RESTED);
    nowNanos += FilePreparation.CHECK_NANOS + 1;
    assertEquals("gz", text("/a.txt", "accept-encoding", "br, gzip"));
    assertEquals("coded", text(fromMemory("/a.txt", "accept-encoding", "br")));
    assertEquals(3, files.contentsRead());

    write("a.txt", "something else", LATER); // now the coded ones are of an earlier version
    nowNanos += FilePreparation.CHECK_NANOS + 1;
    assertEquals("something else", text("/a.txt", "accept-encoding", "br, gzip"));
    assertNull(fromMemory("/a.txt").answer().head().fields().value("vary"));
  }

  @Test
  void findsFoldersAndNothingAnew() throws IOException {
    Files.createDirectory(root.resolve("sub"));
    assertInstanceOf(PreparedAnswer.Folder.class, ask(request("GET", "/sub")));
    assertInstanceOf(PreparedAnswer.Missing.class, ask(request("GET", "/sub/")));
    write("sub/index.html", "index", RESTED);
    assertEquals("index", text("/sub/"));
    assertEquals("index", text(fromMemory("/sub/")));
    assertInstanceOf(PreparedAnswer.Folder.class, ask(request("GET", "/sub")));
    assertEquals(1, files.cache().size());
  }
}
