package dev.memux.netty;

import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The descriptor of a {@link LinuxUdpSocket} as a channel: it lives and ends with its event loop,
 * which tells it what the socket is ready for. Datagrams do not come this way, and none can be
 * written to it.
 */
final class LinuxUdpChannel extends AbstractChannel {
  private static final Logger log = LoggerFactory.getLogger(LinuxUdpChannel.class);

  private static final ChannelMetadata METADATA = new ChannelMetadata(false);
  private static final EpollIoOps READING = EpollIoOps.EPOLLIN;
  private static final EpollIoOps READING_AND_WRITING =
      EpollIoOps.EPOLLIN.with(EpollIoOps.EPOLLOUT);

  /** Of asm-generic/socket.h; past the administrator's limit, for those who may. */
  private static final int SOL_SOCKET = 1;

  private static final int SO_SNDBUFFORCE = 32;
  private static final int SO_RCVBUFFORCE = 33;

  /** Of linux/in.h and linux/in6.h. */
  private static final int IP_MTU_DISCOVER = 10;

  private static final int IP_RECVTOS = 13;
  private static final int IPV6_MTU_DISCOVER = 23;
  private static final int IPV6_RECVPKTINFO = 49;
  private static final int IPV6_RECVTCLASS = 66;

  /** Sets Don't Fragment and ignores the kernel's idea of the path MTU. */
  private static final int PMTUDISC_PROBE = 3;

  private final ChannelConfig config = new DefaultChannelConfig(this);
  private final Socket socket = Socket.newSocketDgram();
  private final int family = Socket.isIPv6Preferred() ? PeerAddress.AF_INET6 : PeerAddress.AF_INET;
  private final Readiness readiness;
  private final boolean joinsSegments;
  private final boolean splitsSegments;
  private final boolean readsEcn;
  private volatile boolean readsPacketInfo;
  private volatile @Nullable InetSocketAddress local;
  private volatile @Nullable InetSocketAddress remote;
  private volatile boolean active;
  private @Nullable IoRegistration registration;

  /** Who is told what the socket is ready for. On the event loop. */
  interface Readiness {
    /** There is something to read, an error perhaps. */
    void onReadable();

    /** After {@link #awaitRoom}: there is room. */
    void onRoom();
  }

  /** With {@code shared}, others may bind the same port (SO_REUSEPORT). */
  LinuxUdpChannel(boolean shared, Readiness readiness) {
    super(null);
    this.readiness = readiness;
    try {
      if (shared) {
        socket.setReusePort(true);
      }
      setBuffers();
    } catch (IOException e) {
      closeQuietly();
      throw new IllegalStateException("a new socket", e);
    }
    // RFC 9000 §14: datagrams must not be fragmented. A dual-stack socket needs both.
    tryOption(ControlMessages.SOL_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE);
    readsEcn = tryOption(ControlMessages.SOL_IP, IP_RECVTOS, 1);
    if (family == PeerAddress.AF_INET6) {
      tryOption(ControlMessages.SOL_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE);
      tryOption(ControlMessages.SOL_IPV6, IPV6_RECVTCLASS, 1);
    }
    joinsSegments = tryOption(ControlMessages.SOL_UDP, ControlMessages.UDP_GRO, 1);
    splitsSegments = tryOption(ControlMessages.SOL_UDP, ControlMessages.UDP_SEGMENT, 0);
  }

  private void setBuffers() throws IOException {
    int bytes = UdpChannels.SOCKET_BUFFER_BYTES;
    if (!tryOption(SOL_SOCKET, SO_RCVBUFFORCE, bytes)) {
      socket.setReceiveBufferSize(bytes);
    }
    if (!tryOption(SOL_SOCKET, SO_SNDBUFFORCE, bytes)) {
      socket.setSendBufferSize(bytes);
    }
  }

  private boolean tryOption(int level, int name, int value) {
    try {
      socket.setIntOpt(level, name, value);
      return true;
    } catch (IOException e) {
      log.debug("no socket option {} of level {} here", name, level, e);
      return false;
    }
  }

  private void closeQuietly() {
    try {
      socket.close();
    } catch (IOException e) {
      log.debug("{}: close", this, e);
    }
  }

  int descriptor() {
    return socket.intValue();
  }

  /** {@link PeerAddress#AF_INET} or {@link PeerAddress#AF_INET6}, which has both. */
  int family() {
    return family;
  }

  /** Whether the kernel joins datagrams of a sender (UDP_GRO). */
  boolean joinsSegments() {
    return joinsSegments;
  }

  /** Whether the kernel splits one large write into datagrams of equal size (UDP_SEGMENT). */
  boolean splitsSegments() {
    return splitsSegments;
  }

  /** Whether the kernel tells the ECN codepoint of what arrives. */
  boolean readsEcn() {
    return readsEcn;
  }

  /** Whether the kernel tells which of our addresses a datagram went to. */
  boolean readsPacketInfo() {
    return readsPacketInfo;
  }

  int receiveBufferBytes() {
    try {
      return socket.getReceiveBufferSize();
    } catch (IOException e) {
      return 0; // it is closed
    }
  }

  int sendBufferBytes() {
    try {
      return socket.getSendBufferSize();
    } catch (IOException e) {
      return 0; // it is closed
    }
  }

  /** Asks for {@link Readiness#onRoom}. On the event loop. */
  void awaitRoom() {
    submit(READING_AND_WRITING);
  }

  /** There was room enough. */
  void stopAwaitingRoom() {
    submit(READING);
  }

  private void submit(EpollIoOps ops) {
    IoRegistration current = registration;
    if (current != null && current.isValid()) {
      current.submit(ops);
    }
  }

  @Override
  protected void doRegister(ChannelPromise promise) {
    ((IoEventLoop) eventLoop())
        .register(new Handle())
        .addListener(
            registered -> {
              if (registered.isSuccess()) {
                registration = (IoRegistration) registered.getNow();
                promise.setSuccess();
              } else {
                promise.setFailure(registered.cause());
              }
            });
  }

  @Override
  protected void doBind(SocketAddress address) throws Exception {
    bind((InetSocketAddress) address, true);
    activate();
  }

  private void bind(InetSocketAddress address, boolean answersAnyone) throws IOException {
    if (answersAnyone && address.getAddress().isAnyLocalAddress()) {
      readsPacketInfo =
          family == PeerAddress.AF_INET6
              ? tryOption(ControlMessages.SOL_IPV6, IPV6_RECVPKTINFO, 1)
              : tryOption(ControlMessages.SOL_IP, ControlMessages.IP_PKTINFO, 1);
    }
    socket.bind(bothFamilies(address));
  }

  /** "Any address" of IPv4 is that of IPv6, too, where sockets have both. */
  private InetSocketAddress bothFamilies(InetSocketAddress address) throws UnknownHostException {
    return family == PeerAddress.AF_INET6
            && address.getAddress() instanceof Inet4Address any
            && any.isAnyLocalAddress()
        ? new InetSocketAddress(InetAddress.getByAddress(new byte[16]), address.getPort())
        : address;
  }

  private void connect(InetSocketAddress to, @Nullable InetSocketAddress from) throws IOException {
    if (from != null) {
      bind(from, false);
    }
    socket.connect(to);
    remote = to;
    activate();
  }

  private void activate() {
    local = socket.localAddress();
    active = true;
    submit(READING);
  }

  @Override
  protected void doBeginRead() {} // it always reads

  @Override
  protected void doDisconnect() throws Exception {
    doClose();
  }

  @Override
  protected void doClose() throws Exception {
    active = false;
    doDeregister();
    socket.close();
  }

  @Override
  protected void doDeregister() {
    IoRegistration current = registration;
    if (current != null) {
      registration = null;
      current.cancel();
    }
  }

  @Override
  protected Object filterOutboundMessage(Object message) {
    throw new UnsupportedOperationException("datagrams do not go through the pipeline");
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer in) {
    throw new IllegalStateException("there is never anything to write");
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new LinuxUdpUnsafe();
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return loop instanceof IoEventLoop io && io.isCompatible(EpollIoHandle.class);
  }

  @Override
  protected @Nullable SocketAddress localAddress0() {
    return local;
  }

  @Override
  protected @Nullable SocketAddress remoteAddress0() {
    return remote;
  }

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public boolean isOpen() {
    return socket.isOpen();
  }

  @Override
  public boolean isActive() {
    return active;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }

  private final class LinuxUdpUnsafe extends AbstractUnsafe {
    @Override
    public void connect(
        SocketAddress remoteAddress, @Nullable SocketAddress localAddress, ChannelPromise promise) {
      if (!promise.setUncancellable() || !ensureOpen(promise)) {
        return;
      }
      try {
        LinuxUdpChannel.this.connect(
            (InetSocketAddress) remoteAddress, (InetSocketAddress) localAddress);
        safeSetSuccess(promise);
        pipeline().fireChannelActive();
      } catch (IOException | RuntimeException e) {
        safeSetFailure(promise, annotateConnectException(e, remoteAddress));
        closeIfClosed();
      }
    }
  }

  private final class Handle implements EpollIoHandle {
    @Override
    public FileDescriptor fd() {
      return socket;
    }

    @Override
    public void handle(IoRegistration source, IoEvent event) {
      EpollIoOps ready = ((EpollIoEvent) event).ops();
      if (ready.contains(EpollIoOps.EPOLLOUT)) {
        readiness.onRoom();
      }
      if (isOpen() && (ready.contains(EpollIoOps.EPOLLIN) || ready.contains(EpollIoOps.EPOLLERR))) {
        readiness.onReadable();
      }
    }

    @Override
    public void close() {
      unsafe().close(unsafe().voidPromise());
    }
  }
}
