package dev.memux.cli;

import dev.memux.http.Tunnel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;

/**
 * Joins a TCP connection and a tunnel: bytes, ends and resets of either go to the other. Each side
 * is read only while the other takes more.
 */
final class SocketBridge {
  private static final int BUFFER_BYTES = 16 << 10;

  private final Socket socket;
  private final Tunnel tunnel;

  SocketBridge(Socket socket, Tunnel tunnel) {
    this.socket = socket;
    this.tunnel = tunnel;
  }

  /** Returns when both directions are over; the tunnel is closed then. */
  void run() {
    try (tunnel) {
      Thread up = Thread.startVirtualThread(this::sendUp);
      sendDown();
      join(up);
    }
  }

  private void sendUp() {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = socket.getInputStream();
      for (int length; (length = in.read(buffer)) >= 0; ) {
        tunnel.write(ByteBuffer.wrap(buffer, 0, length));
      }
      tunnel.shutdownOutput();
    } catch (IOException e) {
      breakOff();
    }
  }

  private void sendDown() {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      OutputStream out = socket.getOutputStream();
      ByteBuffer piece = ByteBuffer.wrap(buffer);
      while (tunnel.read(piece.clear()) >= 0) {
        out.write(buffer, 0, piece.position());
      }
      socket.shutdownOutput();
    } catch (IOException e) {
      breakOff();
    }
  }

  /** RFC 9114 §4.4: what breaks on one side is broken on the other. Any thread. */
  void breakOff() {
    tunnel.reset();
    reset(socket);
  }

  /** Closes with RST. */
  static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // It is closed already.
    }
  }

  private static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
