package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FileLookupTest {
  @TempDir private Path folder;
  private FileLookup lookup;

  @BeforeEach
  void makeFiles() throws IOException {
    Path root = Files.createDirectory(folder.resolve("root"));
    Files.writeString(folder.resolve("secret.txt"), "secret");
    Files.createDirectories(folder.resolve("root-sibling"));
    Files.writeString(folder.resolve("root-sibling/secret.txt"), "secret");
    Files.writeString(root.resolve("index.html"), "root");
    Files.writeString(root.resolve("a.txt"), "a");
    Files.createDirectories(root.resolve("sub/empty"));
    Files.writeString(root.resolve("sub/index.html"), "sub");
    Files.writeString(root.resolve("sub/ü b.png"), "x");
    Files.createSymbolicLink(root.resolve("inside"), Path.of("sub/../a.txt"));
    Files.createSymbolicLink(root.resolve("outside"), folder.resolve("secret.txt"));
    Files.createSymbolicLink(root.resolve("up"), Path.of(".."));
    Files.createSymbolicLink(root.resolve("beside"), folder.resolve("root-sibling"));
    Files.createSymbolicLink(root.resolve("loop"), Path.of("loop"));
    Files.createSymbolicLink(root.resolve("dangling"), Path.of("nowhere"));
    Files.createDirectory(root.resolve("escaping"));
    Files.createSymbolicLink(root.resolve("escaping/index.html"), folder.resolve("secret.txt"));
    lookup = new FileLookup(root, InstantSource.system());
  }

  private FileLookup.Result find(String path) throws IOException {
    return lookup.find(RequestPath.parse(path));
  }

  @ParameterizedTest
  @CsvSource({
    "/, 4, text/html; charset=utf-8",
    "/index.html, 4, text/html; charset=utf-8",
    "/a.txt, 1, text/plain; charset=utf-8",
    "/sub/, 3, text/html; charset=utf-8",
    "/sub/%C3%BC%20b.png, 1, image/png",
    "/inside, 1, text/plain; charset=utf-8",
  })
  void findsFiles(String path, long size, String type) throws IOException {
    FileLookup.Found found = assertInstanceOf(FileLookup.Found.class, find(path));
    assertEquals(size, found.identity().sizeBytes());
    assertEquals(type, found.contentType());
  }

  @Test
  void tellsAFolderWithoutItsSlash() throws IOException {
    assertInstanceOf(FileLookup.Folder.class, find("/sub"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/none",
        "/a.txt/",
        "/a.txt/b",
        "/sub/empty/",
        "/outside",
        "/up/",
        "/up/secret.txt",
        "/beside/secret.txt",
        "/beside/",
        "/loop",
        "/dangling",
        "/escaping/",
      })
  void findsNothingElseAndNothingOutside(String path) throws IOException {
    assertInstanceOf(FileLookup.Missing.class, find(path));
  }

  private List<ContentCoding> codings(String path) throws IOException {
    FileLookup.Found found = assertInstanceOf(FileLookup.Found.class, find(path));
    return found.coded().stream().map(Representation::coding).toList();
  }

  @Test
  void findsCodedFilesBesideTheFile() throws IOException {
    Path root = folder.resolve("root");
    for (String name : List.of("a.txt.gz", "a.txt.br", "a.txt.zst", "sub/index.html.gz")) {
      Files.writeString(root.resolve(name), "x");
    }
    List<ContentCoding> all =
        List.of(ContentCoding.BROTLI, ContentCoding.ZSTANDARD, ContentCoding.GZIP);
    assertEquals(all, codings("/a.txt"));
    assertEquals(all, codings("/inside"));
    assertEquals(List.of(ContentCoding.GZIP), codings("/sub/"));
    assertEquals(List.of(), codings("/a.txt.gz"));
  }

  @Test
  void ignoresCodedFilesThatAreOldOrOutsideOrFolders() throws IOException {
    Path root = folder.resolve("root");
    Path old = Files.writeString(root.resolve("a.txt.gz"), "x");
    Files.setLastModifiedTime(old, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
    Files.createSymbolicLink(root.resolve("a.txt.br"), folder.resolve("secret.txt"));
    Files.createDirectory(root.resolve("a.txt.zst"));
    assertEquals(List.of(), codings("/a.txt"));
  }

  @Test
  void wantsAFolderAsRoot() {
    assertThrows(
        NotDirectoryException.class,
        () -> new FileLookup(folder.resolve("secret.txt"), InstantSource.system()));
  }
}
