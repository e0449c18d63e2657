package dev.memux.netty;

import io.netty.channel.ChannelHandlerContext;

/**
 * What carries a {@link QmuxDriver}'s bytes, as far as such layers differ. All else is Netty's:
 * bytes come as {@link io.netty.buffer.ByteBuf}s, the peer's orderly end as a {@link
 * io.netty.channel.socket.ChannelInputShutdownEvent}, and an end of any other kind as the
 * channel's.
 */
public interface LayerBelow {
  /**
   * Ends our side in order, after all that was written, so that the peer learns that nothing
   * follows. What the peer still sends is read, until it ends its side. On the event loop, once.
   *
   * @param context the driver's
   */
  void endOutput(ChannelHandlerContext context);

  /**
   * Whether it keeps apart what is written at once, so that each buffer holds the frames of one
   * record, without its size, in both directions.
   */
  boolean keepsRecordsApart();

  /** What it is, in words: "epoll tcp", for example. */
  String description();
}
