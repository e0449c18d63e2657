package dev.memux.session;

import dev.memux.netty.IoTransport;
import io.netty.channel.EventLoopGroup;

/** The event loops of sessions whose makers named none: one for each processor, for all of them. */
final class SharedLoops {
  private static final class Holder {
    static final EventLoopGroup GROUP =
        IoTransport.preferred().newEventLoopGroup(Runtime.getRuntime().availableProcessors());
  }

  private SharedLoops() {}

  /** Made at the first call; its threads do not keep the JVM alive. */
  static EventLoopGroup group() {
    return Holder.GROUP;
  }
}
