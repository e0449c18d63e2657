package dev.memux.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OpenFileTest {
  @TempDir private Path folder;
  private Path path;
  private FileVersion version;
  private OpenFile file;

  @BeforeEach
  void openAFile() throws IOException {
    path = folder.resolve("file");
    Files.writeString(path, "0123456789");
    Files.setLastModifiedTime(path, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
    version = FileVersion.of(path);
    file = OpenFile.open(path, version);
    assertNotNull(file);
  }

  @AfterEach
  void closeIt() {
    file.close();
  }

  private String read(int length, long position) throws IOException {
    ByteBuf target = Unpooled.buffer(length, length);
    file.read(target, position);
    return target.toString(StandardCharsets.US_ASCII);
  }

  @Test
  void readsAnyPart() throws IOException {
    assertEquals("0123456789", read(10, 0));
    assertEquals("789", read(3, 7));
  }

  @Test
  void noticesThatTheFileBecameShorter() throws IOException {
    Files.writeString(path, "012");
    assertThrows(IOException.class, () -> read(3, 7));
    assertThrows(IOException.class, () -> read(3, 0));
  }

  @Test
  void noticesThatTheFileChanged() throws IOException {
    Files.writeString(path, "abcdefghij", StandardOpenOption.WRITE);
    assertThrows(IOException.class, () -> read(10, 0));
  }

  @Test
  void keepsReadingAFileThatWasReplaced() throws IOException {
    Path other = folder.resolve("other");
    Files.writeString(other, "abc");
    Files.move(other, path, StandardCopyOption.REPLACE_EXISTING);
    assertEquals("0123456789", read(10, 0));
  }

  @Test
  void keepsReadingAFileThatWasDeleted() throws IOException {
    Files.delete(path);
    assertEquals("0123456789", read(10, 0));
  }

  @Test
  void opensNoOtherVersion() throws IOException {
    Path other = folder.resolve("other");
    Files.writeString(other, "abcdefghij");
    Files.setLastModifiedTime(other, FileTime.from(version.modified()));
    Files.move(other, path, StandardCopyOption.REPLACE_EXISTING);
    assertNull(OpenFile.open(path, version));
    Files.delete(path);
    assertNull(OpenFile.open(path, version));
  }
}
