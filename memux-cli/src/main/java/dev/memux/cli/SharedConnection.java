package dev.memux.cli;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bulk and echoes on one plain TCP connection, as a program does it that knows no better: each
 * message is written when there is one, and waits behind all that the kernel has taken before.
 */
final class SharedConnection implements AutoCloseable {
  private static final int BULK_BYTES = 16 << 10;
  private static final int ECHO_BYTES = 1;
  private static final long PATIENCE_SECONDS = 60;

  private final Socket connection;
  private final BlockingQueue<Boolean> echoes = new ArrayBlockingQueue<>(1);
  private final AtomicLong bulkBytes = new AtomicLong();

  SharedConnection(Socket connection) throws IOException {
    this.connection = connection;
    connection.setTcpNoDelay(true);
    Thread.startVirtualThread(this::read);
  }

  /** The server's side: bulk without end, and an echo of each byte that comes. */
  static void serve(Socket connection) throws IOException {
    connection.setTcpNoDelay(true);
    DataOutputStream out = new DataOutputStream(connection.getOutputStream());
    Thread.startVirtualThread(
        () -> {
          try {
            while (connection.getInputStream().read() >= 0) {
              send(out, ECHO_BYTES);
            }
          } catch (IOException e) {
            // The experiment is over.
          }
        });
    while (true) {
      send(out, BULK_BYTES);
    }
  }

  /** A message: its length, and so many bytes. */
  private static void send(DataOutputStream out, int length) throws IOException {
    byte[] message = new byte[Integer.BYTES + length];
    message[2] = (byte) (length >> 8);
    message[3] = (byte) length;
    synchronized (out) {
      out.write(message);
    }
  }

  /** One exchange of a byte. */
  void echo() throws IOException {
    connection.getOutputStream().write(0);
    try {
      if (echoes.poll(PATIENCE_SECONDS, TimeUnit.SECONDS) == null) {
        throw new IOException("no echo within " + PATIENCE_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  long bulkBytes() {
    return bulkBytes.get();
  }

  private void read() {
    try {
      DataInputStream in = new DataInputStream(connection.getInputStream());
      while (true) {
        int length = in.readInt();
        in.skipNBytes(length);
        if (length == ECHO_BYTES) {
          echoes.add(true);
        } else {
          bulkBytes.addAndGet(length);
        }
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
