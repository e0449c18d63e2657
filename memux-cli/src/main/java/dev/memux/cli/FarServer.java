package dev.memux.cli;

import dev.memux.lab.NetworkNamespace;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A TCP server for an experiment, in a network namespace; a thread for each connection. */
final class FarServer implements AutoCloseable {
  private static final int BULK_BYTES = 16 << 10;

  /** What is done with a connection, until it throws or returns. */
  interface Service {
    void serve(Socket connection) throws IOException;
  }

  private final ServerSocket listener;
  private final Service service;

  private FarServer(ServerSocket listener, Service service) {
    this.listener = listener;
    this.service = service;
  }

  static FarServer start(NetworkNamespace namespace, InetAddress address, Service service)
      throws IOException {
    FarServer server =
        new FarServer(namespace.call(() -> new ServerSocket(0, 16, address)), service);
    Thread.startVirtualThread(server::accept);
    return server;
  }

  /** Sends back what comes. */
  static void echo(Socket connection) throws IOException {
    connection.setTcpNoDelay(true);
    connection.getInputStream().transferTo(connection.getOutputStream());
  }

  /** Sends without end. */
  static void sendBulk(Socket connection) throws IOException {
    byte[] piece = new byte[BULK_BYTES];
    while (true) {
      connection.getOutputStream().write(piece);
    }
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
      // It was closed.
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      service.serve(connection);
    } catch (IOException e) {
      // The experiment is over.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
