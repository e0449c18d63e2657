package dev.memux.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What stands behind a proxy: accepts connections and lets each be handled on its own thread. */
final class TcpServer implements AutoCloseable {
  /** What is done with a connection, which is closed afterwards. */
  interface Handler {
    void handle(Socket connection) throws Exception;
  }

  private final ServerSocket listener;
  private final Handler handler;

  /** What handlers threw. */
  final Queue<Exception> failures = new ConcurrentLinkedQueue<>();

  TcpServer(Handler handler) throws IOException {
    this.handler = handler;
    listener = new ServerSocket(0, 1024, InetAddress.ofLiteral("127.0.0.1"));
    Thread.startVirtualThread(this::accept);
  }

  /** Sends back what comes, up to its end. */
  static TcpServer echo() throws IOException {
    return new TcpServer(
        connection -> connection.getInputStream().transferTo(connection.getOutputStream()));
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket connection = listener.accept();
        Thread.startVirtualThread(() -> serve(connection));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      handler.handle(connection);
    } catch (Exception e) {
      failures.add(e);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
