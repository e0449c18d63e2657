package dev.memux.session;

import dev.memux.netty.IoTransport;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;

/** The event loops of sessions whose makers named none: one for each processor, for all of them. */
public final class SharedLoops {
  private static final class Holder {
    static final EventLoopGroup GROUP =
        IoTransport.preferred()
            .newEventLoopGroup(
                Runtime.getRuntime().availableProcessors(),
                new DefaultThreadFactory("memux-sessions", true));
  }

  private SharedLoops() {}

  /** Made at the first call; its threads do not keep the JVM alive. */
  public static EventLoopGroup group() {
    return Holder.GROUP;
  }
}
