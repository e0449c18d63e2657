package dev.memux.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/** Reads a connection as fast as it comes, until it is closed. */
final class BulkReader implements AutoCloseable {
  private final Socket connection;
  private final AtomicLong bytes = new AtomicLong();

  BulkReader(Socket connection) {
    this.connection = connection;
    Thread.startVirtualThread(this::read);
  }

  /** How much has come so far. */
  long bytes() {
    return bytes.get();
  }

  private void read() {
    byte[] buffer = new byte[64 << 10];
    try {
      InputStream in = connection.getInputStream();
      for (int length; (length = in.read(buffer)) >= 0; ) {
        bytes.addAndGet(length);
      }
    } catch (IOException e) {
      // It was closed.
    }
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
