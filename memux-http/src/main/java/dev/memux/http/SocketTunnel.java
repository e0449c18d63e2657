package dev.memux.http;

import dev.memux.engine.schedule.Priority;
import dev.memux.netty.MuxException;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is below a {@link TunnelSocket}: a tunnel, with the exceptions and the details that {@link
 * java.net.Socket} promises. It checks most of what a call must find; the rest is here.
 *
 * <p>Options about TCP are kept and have no effect: what they are about is the connection to the
 * proxy, which many share, or the proxy's to the target.
 */
final class SocketTunnel extends SocketImpl {
  private static final Set<SocketOption<?>> OPTIONS =
      Set.of(
          StandardSocketOptions.SO_RCVBUF,
          StandardSocketOptions.SO_SNDBUF,
          StandardSocketOptions.SO_REUSEADDR,
          StandardSocketOptions.SO_KEEPALIVE,
          StandardSocketOptions.SO_LINGER,
          StandardSocketOptions.TCP_NODELAY,
          StandardSocketOptions.IP_TOS);

  /** What {@link java.net.Socket#getReceiveBufferSize} says if nothing was set. */
  private static final int BUFFER_BYTES = 128 << 10;

  private final TunnelClient client;
  private volatile Priority priority;
  private final Map<Object, Object> options = new ConcurrentHashMap<>();
  private volatile @Nullable Tunnel tunnel;
  private volatile @Nullable InetSocketAddress remote;
  private volatile int soTimeoutMillis;
  private volatile boolean inputShut;
  private volatile boolean outputShut;
  private volatile boolean closed;

  /** What a connect waits for; guarded by this. */
  private @Nullable CompletableFuture<Tunnel> making;

  SocketTunnel(TunnelClient client, Priority priority) {
    this.client = client;
    this.priority = priority;
  }

  /** Where it is connected to, unresolved as it was given; null: it is not. */
  @Nullable InetSocketAddress remote() {
    return remote;
  }

  /** Any time: before it is connected, too. */
  void priority(Priority value) {
    Tunnel open;
    synchronized (this) {
      priority = value;
      open = tunnel;
    }
    if (open != null) {
      open.priority(value);
    }
  }

  // Connecting.

  @Override
  protected void create(boolean stream) {}

  @Override
  protected void connect(String host, int port) throws IOException {
    connect(InetSocketAddress.createUnresolved(host, port), 0);
  }

  @Override
  protected void connect(InetAddress host, int port) throws IOException {
    connect(new InetSocketAddress(host, port), 0);
  }

  @Override
  protected void connect(SocketAddress endpoint, int timeoutMillis) throws IOException {
    if (!(endpoint instanceof InetSocketAddress given)) {
      throw new IllegalArgumentException("not an Internet address: " + endpoint);
    }
    TunnelTarget target = target(given);
    Duration limit = timeoutMillis == 0 ? null : Duration.ofMillis(timeoutMillis);
    CompletableFuture<Tunnel> making = begin(target);
    Tunnel made;
    try {
      made = client.await(making, target, limit);
    } catch (CancellationException e) {
      throw closed(e);
    } catch (InterruptedIOException e) {
      throw because(new SocketException("Closed by interrupt"), e); // as the JDK's own sockets do
    } catch (IOException e) {
      throw refused(e);
    }
    finish(made, given);
  }

  private synchronized CompletableFuture<Tunnel> begin(TunnelTarget target) throws SocketException {
    connectable();
    CompletableFuture<Tunnel> started = client.begin(target, priority);
    making = started;
    return started;
  }

  private synchronized void finish(Tunnel made, InetSocketAddress given) throws SocketException {
    making = null;
    if (closed) {
      made.close();
    }
    connectable();
    remote = given;
    address = given.getAddress();
    port = given.getPort();
    tunnel = made;
    made.priority(priority); // it may have changed meanwhile
  }

  private void connectable() throws SocketException {
    if (closed) {
      throw new SocketException("Socket closed");
    }
  }

  /** By name if there is one: what it means is the proxy's to say. */
  private static TunnelTarget target(InetSocketAddress address) throws SocketException {
    try {
      InetAddress resolved = address.getAddress();
      String host = address.getHostString();
      int zone = resolved == null ? -1 : host.indexOf('%');
      return new TunnelTarget(zone < 0 ? host : host.substring(0, zone), address.getPort());
    } catch (IllegalArgumentException e) {
      throw because(new SocketException(String.valueOf(e.getMessage())), e);
    }
  }

  private static IOException refused(IOException failure) {
    IOException known =
        switch (failure) {
          case HttpException.TimedOut e -> new SocketTimeoutException(e.getMessage());
          case HttpException.TunnelRefused e when e.status() == GATEWAY_TIMEOUT ->
              new SocketTimeoutException(e.getMessage());
          case HttpException e -> new ConnectException(e.getMessage());
          default -> new SocketException(String.valueOf(failure.getMessage()));
        };
    return because(known, failure);
  }

  private static <T extends IOException> T because(T failure, Throwable cause) {
    failure.initCause(cause);
    return failure;
  }

  private static SocketException closed(Throwable cause) {
    return because(new SocketException("Socket closed"), cause);
  }

  /** RFC 9110 §15.6.5: the proxy waited for the target in vain. */
  private static final int GATEWAY_TIMEOUT = 504;

  // Reading and writing.

  @Override
  protected InputStream getInputStream() {
    return new Input();
  }

  @Override
  protected OutputStream getOutputStream() {
    return new Output();
  }

  @Override
  protected int available() throws IOException {
    return inputShut ? 0 : connected().available();
  }

  private int read(ByteBuffer target) throws IOException {
    Tunnel open = connected();
    int timeout = soTimeoutMillis;
    try {
      int length = timeout == 0 ? open.read(target) : open.read(target, Duration.ofMillis(timeout));
      if (length < 0 && closed) {
        throw new SocketException("Socket closed"); // the end is what closing has brought about
      }
      return length;
    } catch (SocketException e) {
      throw e;
    } catch (MuxException.Timeout e) {
      throw because(new SocketTimeoutException("Read timed out"), e);
    } catch (InterruptedIOException e) {
      throw e; // Socket makes of it what its documentation says
    } catch (IOException e) {
      if (inputShut && !closed) {
        return -1;
      }
      throw broken(e);
    }
  }

  private void write(ByteBuffer source) throws IOException {
    if (outputShut) {
      throw new SocketException("Socket output is shutdown");
    }
    try {
      connected().write(source);
    } catch (InterruptedIOException e) {
      throw e; // Socket makes of it what its documentation says
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private Tunnel connected() throws SocketException {
    Tunnel open = tunnel;
    if (closed || open == null) {
      throw new SocketException(closed ? "Socket closed" : "Socket is not connected");
    }
    return open;
  }

  private SocketException broken(IOException failure) {
    return closed || failure instanceof ClosedChannelException
        ? closed(failure)
        : because(new SocketException("Connection reset: " + failure.getMessage()), failure);
  }

  // The end.

  @Override
  protected void shutdownInput() throws IOException {
    Tunnel open = connected();
    inputShut = true;
    open.shutdownInput();
  }

  @Override
  protected void shutdownOutput() throws IOException {
    Tunnel open = connected();
    outputShut = true;
    open.shutdownOutput();
  }

  @Override
  protected void close() {
    Tunnel open;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      open = tunnel;
      if (making != null) {
        making.cancel(false);
      }
    }
    if (open == null) {
      return;
    }
    if (Integer.valueOf(0).equals(options.get(SO_LINGER))) {
      open.reset(); // what SO_LINGER of 0 is for
    }
    open.close();
  }

  // Options.

  @Override
  public void setOption(int id, Object value) {
    if (id == SO_TIMEOUT) {
      soTimeoutMillis = (Integer) value;
    } else {
      options.put(id, value);
    }
  }

  @Override
  public Object getOption(int id) throws SocketException {
    return switch (id) {
      case SO_TIMEOUT -> soTimeoutMillis;
      case SO_BINDADDR -> new InetSocketAddress(0).getAddress(); // many share what is bound
      case SO_SNDBUF, SO_RCVBUF -> options.getOrDefault(id, BUFFER_BYTES);
      case SO_LINGER -> options.getOrDefault(id, -1);
      case IP_TOS -> options.getOrDefault(id, 0);
      case TCP_NODELAY -> options.getOrDefault(id, true);
      case SO_KEEPALIVE, SO_REUSEADDR, SO_REUSEPORT, SO_OOBINLINE ->
          options.getOrDefault(id, false);
      default -> throw new SocketException("option " + id + " is not known");
    };
  }

  @Override
  protected Set<SocketOption<?>> supportedOptions() {
    return OPTIONS;
  }

  @Override
  protected <T> void setOption(SocketOption<T> option, T value) {
    setOption(id(option), value);
  }

  @Override
  @SuppressWarnings("unchecked") // each option fixes the type of its value
  protected <T> T getOption(SocketOption<T> option) throws IOException {
    return (T) getOption(id(option));
  }

  private static int id(SocketOption<?> option) {
    if (!OPTIONS.contains(option)) {
      throw new UnsupportedOperationException("'" + option + "' not supported");
    }
    return switch (option.name()) {
      case "SO_RCVBUF" -> SO_RCVBUF;
      case "SO_SNDBUF" -> SO_SNDBUF;
      case "SO_REUSEADDR" -> SO_REUSEADDR;
      case "SO_KEEPALIVE" -> SO_KEEPALIVE;
      case "SO_LINGER" -> SO_LINGER;
      case "TCP_NODELAY" -> TCP_NODELAY;
      default -> IP_TOS;
    };
  }

  // What a client's socket has no use for.

  @Override
  protected void bind(InetAddress host, int wanted) {
    localport = wanted;
  }

  @Override
  protected void listen(int backlog) throws IOException {
    throw new SocketException("a tunnel's socket does not listen");
  }

  @Override
  protected void accept(SocketImpl accepted) throws IOException {
    throw new SocketException("a tunnel's socket does not listen");
  }

  @Override
  protected boolean supportsUrgentData() {
    return false;
  }

  @Override
  protected void sendUrgentData(int data) throws IOException {
    throw new SocketException("a tunnel carries no urgent data");
  }

  @Override
  protected @Nullable FileDescriptor getFileDescriptor() {
    return null;
  }

  private final class Input extends InputStream {
    @Override
    public int read() throws IOException {
      ByteBuffer one = ByteBuffer.allocate(1);
      return SocketTunnel.this.read(one) < 0 ? -1 : Byte.toUnsignedInt(one.get(0));
    }

    @Override
    public int read(byte[] target, int from, int length) throws IOException {
      return length == 0 ? 0 : SocketTunnel.this.read(ByteBuffer.wrap(target, from, length));
    }

    @Override
    public int available() throws IOException {
      return SocketTunnel.this.available();
    }
  }

  private final class Output extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      SocketTunnel.this.write(ByteBuffer.wrap(new byte[] {(byte) b}));
    }

    @Override
    public void write(byte[] source, int from, int length) throws IOException {
      SocketTunnel.this.write(ByteBuffer.wrap(source, from, length));
    }
  }
}
