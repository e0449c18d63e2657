package dev.memux.netty;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandle;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.concurrent.ThreadFactory;

/**
 * What moves datagrams between the kernel and the event loops: epoll on Linux (whole batches per
 * system call, a socket per loop), NIO everywhere.
 */
public enum IoTransport {
  EPOLL,
  NIO;

  /** System property, {@code epoll} or {@code nio}, that decides instead of what is available. */
  public static final String PROPERTY = "dev.memux.io";

  /**
   * The best transport that works here.
   *
   * @throws IllegalStateException when {@value #PROPERTY} asks for what does not work here
   */
  public static IoTransport preferred() {
    String wanted = System.getProperty(PROPERTY, "");
    return switch (wanted) {
      case "" -> Epoll.isAvailable() ? EPOLL : NIO;
      case "nio" -> NIO;
      case "epoll" -> {
        if (!Epoll.isAvailable()) {
          throw new IllegalStateException("epoll is not available", Epoll.unavailabilityCause());
        }
        yield EPOLL;
      }
      default -> throw new IllegalStateException(PROPERTY + " is neither epoll nor nio: " + wanted);
    };
  }

  /**
   * The transport that fits {@code group}.
   *
   * @throws IllegalArgumentException when the group's loops are neither epoll nor NIO loops
   */
  public static IoTransport of(EventLoopGroup group) {
    if (group instanceof IoEventLoopGroup io) {
      if (io.isCompatible(EpollIoHandle.class)) {
        return EPOLL;
      }
      if (io.isCompatible(NioIoHandle.class)) {
        return NIO;
      }
    }
    throw new IllegalArgumentException("neither epoll nor NIO event loops: " + group);
  }

  /** What moves the bytes of {@code channel}. */
  static IoTransport of(Channel channel) {
    return channel instanceof EpollSocketChannel ? EPOLL : NIO;
  }

  /** The channels that accept TCP connections on such loops. */
  public Class<? extends ServerSocketChannel> serverSocketChannel() {
    return switch (this) {
      case EPOLL -> EpollServerSocketChannel.class;
      case NIO -> NioServerSocketChannel.class;
    };
  }

  /** The channels that open TCP connections on such loops. */
  public Class<? extends SocketChannel> socketChannel() {
    return switch (this) {
      case EPOLL -> EpollSocketChannel.class;
      case NIO -> NioSocketChannel.class;
    };
  }

  /** New event loops for this transport, {@code threads} of them; 0: Netty's default. */
  public EventLoopGroup newEventLoopGroup(int threads) {
    return new MultiThreadIoEventLoopGroup(threads, handlers());
  }

  /** The same, on threads of {@code factory}. */
  public EventLoopGroup newEventLoopGroup(int threads, ThreadFactory factory) {
    return new MultiThreadIoEventLoopGroup(threads, factory, handlers());
  }

  private IoHandlerFactory handlers() {
    return switch (this) {
      case EPOLL -> RearmingEpoll.newFactory();
      case NIO -> NioIoHandler.newFactory();
    };
  }
}
