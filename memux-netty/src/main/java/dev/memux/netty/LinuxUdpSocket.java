package dev.memux.netty;

import dev.memux.engine.quic.SendBatch;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A UDP socket of Linux by its own system calls: one reads several buffers, each with as many
 * datagrams of a sender as the kernel has joined; one sends several batches, each of which the
 * kernel splits. ECN codepoints are read and set; a socket for all addresses answers from the one
 * that was asked. Where the kernel or a route lacks something, the rest goes on without.
 */
final class LinuxUdpSocket extends UdpSocket implements LinuxUdpChannel.Readiness {
  private static final Logger log = LoggerFactory.getLogger(LinuxUdpSocket.class);

  /** System property; {@code netty} has Netty's datagram channels used. */
  static final String PROPERTY = "dev.memux.udp";

  /** Of the flags that make a channel unwritable, the one that says: the kernel has no room. */
  private static final int FULL = 2;

  private final LinuxUdpChannel channel;
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private @Nullable DatagramMemory memory;

  /** The only peer. */
  private @Nullable InetSocketAddress remote;

  /** Where the last batch went, for those addresses that did not come from the kernel. */
  private @Nullable PeerAddress lastDestination;

  /** What the kernel had no room for. */
  private record Waiting(PeerAddress to, byte[] payload, int segmentBytes, int ecn) {}

  LinuxUdpSocket(boolean shared, Receiver receiver) {
    super(receiver);
    channel = new LinuxUdpChannel(shared, this);
    channel.pipeline().addLast(new Writability());
  }

  /** With memory of its own. */
  LinuxUdpSocket(boolean shared, Receiver receiver, DatagramMemory memory) {
    this(shared, receiver);
    this.memory = memory;
  }

  /** Whether it works here and nobody wants another. */
  static boolean isAvailable() {
    return !System.getProperty(PROPERTY, "").equals("netty") && DatagramCalls.isAvailable();
  }

  @Override
  ChannelFuture bind(EventLoop loop, InetSocketAddress local, @Nullable InetSocketAddress peer) {
    DatagramMemory shared = memory == null ? DatagramMemory.of(loop) : memory;
    memory = shared;
    remote = peer;
    channel.closeFuture().addListener(closed -> shared.forget(this));
    return super.bind(loop, local, peer);
  }

  private DatagramMemory memory() {
    DatagramMemory shared = memory;
    if (shared == null) {
      throw new IllegalStateException("not bound");
    }
    return shared;
  }

  @Override
  Channel channel() {
    return channel;
  }

  @Override
  String io() {
    return "ffm"
        + (channel.joinsSegments() ? " gro" : "")
        + (channel.splitsSegments() ? " gso" : "")
        + (channel.readsEcn() ? " ecn" : "")
        + (channel.readsPacketInfo() ? " pktinfo" : "");
  }

  @Override
  int receiveBufferBytes() {
    return channel.receiveBufferBytes();
  }

  @Override
  int sendBufferBytes() {
    return channel.sendBufferBytes();
  }

  // Receiving

  @Override
  public void onReadable() {
    DatagramCalls calls = memory().calls();
    ReceiveArena arena = memory().receiving();
    boolean more = true;
    for (int datagrams = 0; more && datagrams < MAX_DATAGRAMS_PER_READ && channel.isOpen(); ) {
      int offered = arena.buffers();
      int filled = arena.read(calls, channel.descriptor(), remote == null);
      for (int i = 0; i < filled && channel.isOpen(); i++) {
        datagrams += arena.deliver(i, remote, receiver);
      }
      if (filled < 0) {
        onErrno(filled);
      }
      more = filled == offered; // else the event loop says when there is more
    }
    receiver.onReadComplete();
  }

  // Sending

  @Override
  void send(SendBatch batch) {
    PeerAddress to = destination(batch.remote());
    int segment = batch.count() > 1 ? batch.segmentBytes() : 0;
    send(to, batch.buffer(), batch.length(), segment, batch.ecn());
  }

  private PeerAddress destination(InetSocketAddress address) {
    if (address instanceof PeerAddress known) {
      return known;
    }
    PeerAddress last = lastDestination;
    if (last == null || !last.equals(address)) {
      last = PeerAddress.of(address, channel.family());
      lastDestination = last;
    }
    return last;
  }

  private void send(PeerAddress to, byte[] payload, int length, int segmentBytes, int ecn) {
    if (segmentBytes > 0 && (!channel.splitsSegments() || to.refusesSegments())) {
      for (int from = 0; from < length; from += segmentBytes) {
        enqueue(to, payload, from, Math.min(segmentBytes, length - from), 0, ecn);
      }
    } else {
      enqueue(to, payload, 0, length, segmentBytes, ecn);
    }
  }

  private void enqueue(
      PeerAddress to, byte[] payload, int from, int length, int segmentBytes, int ecn) {
    SendArena arena = memory().sending(this);
    if (!arena.hasRoom(length)) {
      submit(arena);
    }
    if (waiting.isEmpty()) {
      boolean splits = channel.splitsSegments() && !to.refusesSegments();
      arena.add(to, isNamed(to), payload, from, length, segmentBytes, ecn, splits);
    } else {
      byte[] copy = Arrays.copyOfRange(payload, from, from + length);
      waiting.addLast(new Waiting(to, copy, segmentBytes, ecn));
    }
  }

  private boolean isNamed(PeerAddress to) {
    return !to.equals(remote);
  }

  @Override
  void flush() {
    if (memory().isSending(this)) {
      submit(memory().sending(this));
    }
  }

  private void submit(SendArena arena) {
    DatagramCalls calls = memory().calls();
    boolean repeated = false;
    for (int next = 0; next < arena.count() && channel.isOpen(); ) {
      int sent = arena.send(calls, channel.descriptor(), next);
      if (sent > 0) {
        next += sent;
        repeated = false;
      } else if (sent == Errno.EAGAIN) {
        keep(arena, next);
        break;
      } else if (!repeated && Errno.saysUnreachable(sent)) {
        repeated = true; // told of an earlier datagram, perhaps: this one has its chance
        onErrno(sent);
      } else if (sent != Errno.EINTR) {
        boolean full = !onRefused(arena, next, sent);
        next++;
        repeated = false;
        if (full) {
          keep(arena, next);
          break;
        }
      }
    }
    arena.clear();
  }

  private void keep(SendArena arena, int first) {
    for (int i = first; i < arena.count(); i++) {
      keep(arena, i, 0);
    }
  }

  private void keep(SendArena arena, int i, int from) {
    waiting.addLast(
        new Waiting(
            arena.destination(i), arena.copy(i, from), arena.segmentBytes(i), arena.ecn(i)));
    setFull(true);
  }

  /**
   * A segmented write may be refused for being one: EIO without checksum offload, EINVAL else.
   *
   * @return whether there is room for more
   */
  private boolean onRefused(SendArena arena, int i, int errno) {
    boolean maybeSegments = errno == Errno.EIO || errno == Errno.EINVAL;
    if (arena.segmentBytes(i) > 0 && maybeSegments) {
      return sendOneByOne(arena, i);
    }
    onErrno(errno);
    return true;
  }

  private boolean sendOneByOne(SendArena arena, int i) {
    PeerAddress to = arena.destination(i);
    int segment = arena.segmentBytes(i);
    int tooLarge = Integer.MAX_VALUE;
    for (int from = 0; from < arena.length(i); from += segment) {
      int bytes = Math.min(segment, arena.length(i) - from);
      if (bytes >= tooLarge) {
        continue;
      }
      int sent =
          arena.sendPart(memory().calls(), channel.descriptor(), i, isNamed(to), from, bytes);
      if (sent == Errno.EAGAIN) {
        keep(arena, i, from);
        return false;
      }
      if (sent < 0) {
        onErrno(sent); // too large for the interface, for one: not the segments' fault
        tooLarge = bytes;
        continue;
      }
      if (!to.refusesSegments()) {
        to.refuseSegments();
        log.debug("{}: no segmented writes to {}, sending packet by packet", channel, to);
      }
    }
    return true;
  }

  /** There is room again for what has waited. */
  @Override
  public void onRoom() {
    Waiting[] again = waiting.toArray(Waiting[]::new);
    waiting.clear();
    for (Waiting each : again) {
      send(each.to(), each.payload(), each.payload().length, each.segmentBytes(), each.ecn());
    }
    flush();
    if (waiting.isEmpty()) {
      setFull(false);
    }
  }

  @Override
  boolean isWritable() {
    return channel.isWritable();
  }

  private void setFull(boolean full) {
    ChannelOutboundBuffer state = channel.unsafe().outboundBuffer();
    if (state != null && state.getUserDefinedWritability(FULL) == full) {
      if (full) {
        channel.awaitRoom();
      } else {
        channel.stopAwaitingRoom();
      }
      state.setUserDefinedWritability(FULL, !full);
    }
  }

  /** Negative, as the calls return it. */
  private void onErrno(int errno) {
    if (errno != Errno.EAGAIN && errno != Errno.EINTR) {
      log.debug("{}: socket error {}", channel, -errno);
    }
    if (Errno.saysUnreachable(errno)) {
      receiver.onUnreachable();
    }
  }

  private final class Writability extends ChannelInboundHandlerAdapter {
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (channel.isWritable()) {
        receiver.onWritable();
      }
    }
  }
}
