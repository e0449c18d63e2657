package dev.memux.cli;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.memux.engine.schedule.Priority;
import dev.memux.http.Http3Client;
import dev.memux.http.Origin;
import dev.memux.http.TunnelClient;
import dev.memux.netty.IoTransport;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TunnelListenerTest {
  private final EventLoopGroup group = IoTransport.preferred().newEventLoopGroup(1);
  private final BlockingQueue<String> reports = new LinkedBlockingQueue<>();

  /** Of a proxy that nobody can reach. */
  private final TunnelClient client =
      new TunnelClient(
          new Http3Client(
              group,
              (remote, serverName, handler) ->
                  group.next().newFailedFuture(new IOException("no proxy")),
              Duration.ofSeconds(5)),
          new Origin("localhost", 1));

  @AfterEach
  void end() {
    group.shutdownGracefully();
  }

  private TunnelListener open() throws IOException {
    return TunnelListener.open(
        PortForward.parse("0=a:1"), client, Priority.DEFAULT_INCREMENTAL, reports::add);
  }

  @Test
  void refusesConnectionsOnceItHasStopped() throws Exception {
    for (int i = 0; i < 200; i++) {
      TunnelListener listener = open();
      InetSocketAddress address = listener.address();
      listener.stop();
      assertThrows(
          ConnectException.class,
          () -> new Socket(address.getAddress(), address.getPort()).close());
    }
  }

  @Test
  void endsOnceItHasStoppedAndItsConnectionsAreOver() throws Exception {
    TunnelListener listener = open();
    InetSocketAddress address = listener.address();
    try (Socket near = new Socket(address.getAddress(), address.getPort())) {
      assertThrows(IOException.class, () -> near.getInputStream().readAllBytes());
    }
    assertTrue(reports.take().contains("no proxy"));
    listener.stop();
    assertTrue(listener.awaitEnd(Duration.ofSeconds(30).toNanos()));
  }
}
