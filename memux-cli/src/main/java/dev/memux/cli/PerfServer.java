package dev.memux.cli;

import dev.memux.netty.MuxException;
import dev.memux.session.Session;
import dev.memux.session.SessionServer;
import dev.memux.session.Stream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;

/** Answers what clients of {@code memux perf} ask; a virtual thread for each session and stream. */
final class PerfServer implements AutoCloseable {
  /** For the peer: what it asked for makes no sense. */
  private static final long BAD_REQUEST = 1;

  /** More than a test asks for is taken for a mistake. */
  private static final long MAX_AMOUNT = 1L << 50;

  private final SessionServer server;

  private PerfServer(SessionServer server) {
    this.server = server;
  }

  /** Serves until it is closed, and the server with it. */
  static PerfServer start(SessionServer server) {
    PerfServer perf = new PerfServer(server);
    Thread.startVirtualThread(perf::accept);
    return perf;
  }

  /** Where it listens. */
  InetSocketAddress localAddress() {
    return server.localAddress();
  }

  private void accept() {
    try {
      while (true) {
        Session session = server.accept();
        Thread.startVirtualThread(() -> serve(session));
      }
    } catch (ClosedChannelException e) {
      // closed, as it had to come
    } catch (IOException e) {
      Diagnostics.error("no more sessions are accepted: " + e.getMessage());
    }
  }

  private static void serve(Session session) {
    try {
      while (true) {
        Stream stream = session.accept();
        Thread.startVirtualThread(() -> serve(stream));
      }
    } catch (MuxException e) {
      // The session is over. Who looks for the reason finds it at the client.
    } catch (IOException e) {
      session.close(0, "interrupted");
    }
  }

  private static void serve(Stream stream) {
    try (stream) {
      try {
        answer(stream);
      } catch (IOException e) {
        stream.reset(BAD_REQUEST); // no effect if the client has given up
      }
    }
  }

  private static void answer(Stream stream) throws IOException {
    InputStream in = stream.inputStream();
    OutputStream out = stream.outputStream();
    ByteBuffer header = PerfProtocol.readHeader(in);
    int what = header.get();
    long amount = header.getLong();
    if (amount < 0 || amount > MAX_AMOUNT) {
      throw new IOException("amount " + amount);
    }
    switch (what) {
      case PerfProtocol.DOWNLOAD -> PerfProtocol.writeData(out, amount);
      case PerfProtocol.UPLOAD -> {
        PerfProtocol.readData(in, amount);
        out.write(ByteBuffer.allocate(Long.BYTES).putLong(amount).array());
      }
      case PerfProtocol.REQUEST -> {
        PerfProtocol.skipToEnd(in);
        PerfProtocol.writeData(out, amount);
      }
      case PerfProtocol.USAGE ->
          out.write(PerfUsage.now(stream.session().statistics().packetBytes()).encode());
      default -> throw new IOException("request " + what);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
