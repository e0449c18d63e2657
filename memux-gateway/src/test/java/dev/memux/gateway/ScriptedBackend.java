package dev.memux.gateway;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP/1.1 server whose every byte a test decides. */
final class ScriptedBackend implements AutoCloseable {
  /**
   * More than any test opens at once. A full queue makes Linux answer with SYN cookies, and then
   * the FIN of a connection whose first bytes were dropped is answered with a reset.
   */
  private static final int BACKLOG = 4_096;

  final List<String> heads = new CopyOnWriteArrayList<>();
  final AtomicInteger connections = new AtomicInteger();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final ServerSocket server =
      new ServerSocket(0, BACKLOG, InetAddress.ofLiteral("127.0.0.1"));

  /** What happens on one connection, on a thread of its own. It is closed afterwards. */
  interface Script {
    void run(Connection connection) throws IOException;
  }

  ScriptedBackend(Script script) throws IOException {
    Thread.startVirtualThread(
        () -> {
          while (!server.isClosed()) {
            try {
              Socket socket = server.accept();
              sockets.add(socket);
              int number = connections.incrementAndGet();
              Thread.startVirtualThread(() -> run(script, socket, number));
            } catch (IOException e) {
              return; // closed
            }
          }
        });
  }

  private void run(Script script, Socket socket, int number) {
    try (socket) {
      script.run(new Connection(socket, number));
    } catch (IOException | UncheckedIOException e) {
      // the gateway was faster
    }
  }

  int port() {
    return server.getLocalPort();
  }

  /** Answers every request with its method, path and body. */
  static void echo(Connection connection) throws IOException {
    while (true) {
      String head = connection.readHead();
      if (head == null) {
        return;
      }
      byte[] body = connection.readBody(head);
      connection.say("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n");
      if (!head.startsWith("HEAD ")) {
        connection.out.write(body);
        connection.out.flush();
      }
    }
  }

  final class Connection {
    final Socket socket;
    final int number;
    final InputStream in;
    final OutputStream out;

    Connection(Socket socket, int number) throws IOException {
      this.socket = socket;
      this.number = number;
      in = new BufferedInputStream(socket.getInputStream());
      out = socket.getOutputStream();
    }

    /** The next request's head, or null at the end of the connection. */
    String readHead() throws IOException {
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        int c = in.read();
        if (c < 0) {
          return null;
        }
        head.append((char) c);
      }
      heads.add(head.toString());
      return head.toString();
    }

    private String readLine() throws IOException {
      StringBuilder line = new StringBuilder();
      while (line.indexOf("\r\n") < 0) {
        int c = in.read();
        if (c < 0) {
          throw new IOException("ended in a line");
        }
        line.append((char) c);
      }
      return line.substring(0, line.length() - 2);
    }

    /** The body that follows that head; of trailers the last line is kept. */
    byte[] readBody(String head) throws IOException {
      String length = field(head, "content-length");
      if (length != null) {
        return in.readNBytes(Integer.parseInt(length));
      }
      if (field(head, "transfer-encoding") == null) {
        return new byte[0];
      }
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      for (int size = chunk(); size > 0; size = chunk()) {
        body.write(in.readNBytes(size));
        readLine();
      }
      for (String trailer = readLine(); !trailer.isEmpty(); trailer = readLine()) {
        heads.add(trailer);
      }
      return body.toByteArray();
    }

    private int chunk() throws IOException {
      return Integer.parseInt(readLine(), 16);
    }

    void say(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }

    void sayLines(String... lines) throws IOException {
      say(String.join("\r\n", lines) + "\r\n");
    }

    /** Ends the connection with a TCP reset. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    /** Waits until the gateway ends the connection. */
    void awaitEnd() throws IOException {
      while (in.read() >= 0) {
        // passed over
      }
    }
  }

  /** The value of a field, or null. */
  static String field(String head, String name) {
    for (String line : head.split("\r\n", -1)) {
      if (line.regionMatches(true, 0, name + ":", 0, name.length() + 1)) {
        return line.substring(name.length() + 1).strip();
      }
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
