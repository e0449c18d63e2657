package dev.memux.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Where the body of one URL goes. Opened when the response begins, not before. */
sealed interface Output {
  /** A channel that takes the body, to be closed by the caller. Blocks. */
  WritableByteChannel open() throws IOException;

  /** A file, made or overwritten. */
  record ToFile(Path path) implements Output {
    @Override
    public WritableByteChannel open() throws IOException {
      Path folder = path.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      return Files.newByteChannel(
          path,
          StandardOpenOption.CREATE,
          StandardOpenOption.WRITE,
          StandardOpenOption.TRUNCATE_EXISTING);
    }
  }

  /** Standard output, which stays open. */
  record ToStandardOutput() implements Output {
    @Override
    public WritableByteChannel open() {
      // Not System.out, which keeps its errors to itself.
      WritableByteChannel out = new FileOutputStream(FileDescriptor.out).getChannel();
      return new Open(out::write);
    }
  }

  /** Nowhere: only the figures count. */
  record Discarded() implements Output {
    @Override
    public WritableByteChannel open() {
      return new Open(
          source -> {
            int all = source.remaining();
            source.position(source.limit());
            return all;
          });
    }
  }

  /** A channel that cannot be closed. */
  record Open(Target target) implements WritableByteChannel {
    /** Where the bytes go. */
    interface Target {
      /** As {@link WritableByteChannel#write}. */
      int write(ByteBuffer source) throws IOException;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      return target.write(source);
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
