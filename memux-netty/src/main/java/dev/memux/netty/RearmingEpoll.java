package dev.memux.netty;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.util.concurrent.ThreadAwareExecutor;

/**
 * Netty's epoll, in which a channel that wants to hear nothing for a while can want to hear again.
 * As of 4.2.18 Netty takes such a channel's descriptor out of the kernel's set, then changes what
 * it is in the set for: that fails, and closes the channel. It happens to a TCP channel whose
 * reading is paused, or whose input is over, when its peer ends the connection: rest of the input,
 * and output that has to wait, are lost. Here the descriptor is registered anew.
 */
final class RearmingEpoll implements IoHandler {
  private final IoHandler epoll;

  private RearmingEpoll(IoHandler epoll) {
    this.epoll = epoll;
  }

  static IoHandlerFactory newFactory() {
    IoHandlerFactory factory = EpollIoHandler.newFactory();
    return new IoHandlerFactory() {
      @Override
      public IoHandler newHandler(ThreadAwareExecutor executor) {
        return new RearmingEpoll(factory.newHandler(executor));
      }

      @Override
      public boolean isChangingThreadSupported() {
        return factory.isChangingThreadSupported();
      }
    };
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return new Rearming(handle, epoll.register(handle));
  }

  @Override
  public void initialize() {
    epoll.initialize();
  }

  @Override
  public int run(IoHandlerContext context) {
    return epoll.run(context);
  }

  @Override
  public void prepareToDestroy() {
    epoll.prepareToDestroy();
  }

  @Override
  public void destroy() {
    epoll.destroy();
  }

  @Override
  public void wakeup() {
    epoll.wakeup();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> handleType) {
    return epoll.isCompatible(handleType);
  }

  /** Confined to the event loop, as what Netty asks of a registration is, but for its end. */
  private final class Rearming implements IoRegistration {
    private final IoHandle handle;
    private volatile IoRegistration registration;
    private boolean taken;

    Rearming(IoHandle handle, IoRegistration registration) {
      this.handle = handle;
      this.registration = registration;
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's signature
    public <T> T attachment() {
      return registration.attachment();
    }

    @Override
    public long submit(IoOps ops) {
      boolean wantsNothing = EpollIoOps.NONE.equals(ops);
      if (taken && !wantsNothing && registration.isValid()) {
        registration.cancel();
        registration = registerAnew();
      }
      taken = wantsNothing;
      return registration.submit(ops);
    }

    @Override
    public boolean isValid() {
      return registration.isValid();
    }

    @Override
    public boolean cancel() {
      return registration.cancel();
    }

    private IoRegistration registerAnew() {
      try {
        return epoll.register(handle);
      } catch (Exception e) {
        throw new IllegalStateException("a descriptor that was registered before", e);
      }
    }
  }
}
