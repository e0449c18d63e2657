package dev.memux.gateway;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One version of a file, to read from. Blocks; one thread at a time. */
final class OpenFile {
  private static final Logger LOG = LoggerFactory.getLogger(OpenFile.class);

  private final Path path;
  private final FileVersion version;
  private final FileChannel channel;

  private OpenFile(Path path, FileVersion version, FileChannel channel) {
    this.path = path;
    this.version = version;
    this.channel = channel;
  }

  /**
   * Opens a file of which the version was told before; null if there is another by now.
   *
   * @throws java.nio.file.AccessDeniedException if it may not be read
   */
  static @Nullable OpenFile open(Path path, FileVersion version) throws IOException {
    FileChannel channel;
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return null;
    }
    OpenFile file = new OpenFile(path, version, channel);
    boolean same = false;
    try {
      // What was the version before and after is what was opened.
      same = version.equals(FileVersion.of(path));
    } finally {
      if (!same) {
        file.close();
      }
    }
    return same ? file : null;
  }

  /**
   * Fills a buffer from a position on.
   *
   * @throws ChangedFileException if the file is no longer what it was when it was opened
   */
  void read(ByteBuf target, long position) throws IOException {
    while (target.isWritable()) {
      int count = target.writerIndex();
      if (target.writeBytes(channel, position + count, target.writableBytes()) < 0) {
        throw new ChangedFileException(path + " became shorter while it was sent");
      }
    }
    if (hasChanged()) {
      throw new ChangedFileException(path + " changed while it was sent");
    }
  }

  /** Closes it; a failure does not matter to anyone. */
  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.debug("closing {}", path, e);
    }
  }

  // A file that lost its name, to another one or to none, is still what it was.
  private boolean hasChanged() throws IOException {
    FileVersion now = FileVersion.of(path);
    return now != null && !now.isOtherFile(version) && !now.equals(version);
  }
}
