package dev.memux.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.EnumSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/** TLS 1.3 over TCP with the JDK's sockets, a platform thread for each connection. */
final class TlsContender implements Contender {
  private static final int BACKLOG = 1024;
  private static final int PATIENCE_MILLIS = 30_000;
  private static final String[] PROTOCOLS = {"TLSv1.3"};
  private static final String[] SUITES = {"TLS_AES_128_GCM_SHA256"};
  private static final String[] GROUPS = {"x25519"};

  @Override
  public Set<Workload> workloads() {
    return EnumSet.of(
        Workload.BULK, Workload.REQUESTS_100, Workload.HANDSHAKES, Workload.RESUMED, Workload.IDLE);
  }

  @Override
  public Contender.Server listen(Setting setting) throws IOException, GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys(setting.credentials()).getKeyManagers(), null, null);
    SSLServerSocket socket =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    socket.setSSLParameters(parameters());
    Server server = new Server(socket);
    Thread.ofPlatform().daemon().start(server::accept);
    return server;
  }

  private static KeyManagerFactory keys(Credentials credentials)
      throws IOException, GeneralSecurityException {
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(credentials.keyStore(), Credentials.PASSWORD.toCharArray());
    return keys;
  }

  private static SSLParameters parameters() {
    SSLParameters parameters = new SSLParameters(SUITES, PROTOCOLS);
    parameters.setNamedGroups(GROUPS);
    return parameters;
  }

  @Override
  public Load connect(Setting setting, int port) throws IOException, GeneralSecurityException {
    return new BlockingLoad(
        new Client(setting.credentials().root(), setting.workload() == Workload.RESUMED, port),
        setting.workload());
  }

  private record Server(SSLServerSocket socket) implements Contender.Server {
    @Override
    public int port() {
      return socket.getLocalPort();
    }

    private void accept() {
      try {
        while (true) {
          SSLSocket accepted = (SSLSocket) socket.accept();
          Thread.ofPlatform().daemon().start(() -> serve(accepted));
        }
      } catch (IOException e) {
        // closed, as it had to come
      }
    }

    private static void serve(SSLSocket socket) {
      try (socket) {
        socket.setTcpNoDelay(true);
        InputStream in = socket.getInputStream();
        OutputStream out = socket.getOutputStream();
        while (Exchange.serve(in, out)) {}
      } catch (IOException e) {
        // The client has noticed, and ends the run.
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static final class Client implements BlockingClient {
    private final CountingTrust trust;
    private final boolean resumes;
    private final int port;

    /**
     * Those with a session to resume: the JDK keeps one of a server in each, which serves once. No
     * more than connections at the same time.
     */
    private final Queue<SSLContext> contexts = new ConcurrentLinkedQueue<>();

    Client(Path root, boolean resumes, int port) throws IOException, GeneralSecurityException {
      this.trust = CountingTrust.in(root);
      this.resumes = resumes;
      this.port = port;
    }

    private SSLContext newContext() {
      try {
        SSLContext made = SSLContext.getInstance("TLS");
        made.init(null, new TrustManager[] {trust}, null);
        return made;
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException(e); // every JDK has it
      }
    }

    @Override
    public Connection connect() throws IOException {
      SSLContext kept = contexts.poll();
      SSLContext context = kept == null ? newContext() : kept;
      SSLSocket socket =
          (SSLSocket) context.getSocketFactory().createSocket(Credentials.SERVER_NAME, port);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE_MILLIS);
      SSLParameters parameters = parameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return new SocketConnection(socket, resumes ? () -> contexts.add(context) : () -> {});
    }

    @Override
    public Thread start(Runnable task) {
      return Thread.ofPlatform().daemon().start(task);
    }

    @Override
    public long fullHandshakes() {
      return trust.checks();
    }

    @Override
    public void close() {}
  }

  private record SocketConnection(SSLSocket socket, Runnable onClose)
      implements BlockingClient.Connection {
    @Override
    public void exchange(long responseBytes) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(Exchange.request(responseBytes));
      out.flush();
      Exchange.readResponse(socket.getInputStream(), responseBytes);
    }

    @Override
    public String description() {
      return socket.getSession().getCipherSuite() + ", " + socket.getClass().getSimpleName();
    }

    @Override
    public void close() throws IOException {
      socket.close();
      onClose.run();
    }
  }
}
